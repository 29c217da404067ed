import { readFile } from "node:fs/promises";
import { join } from "node:path";
import axe from "axe-core";
import type { Browser, Page } from "puppeteer-core";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { runCommand } from "../cli/run-command.ts";
import { temporaryFolder } from "../vector-store/temporary-folder.ts";
import { openPage, startBrowser, textsOf, until } from "./explorer-browser.ts";
import {
  indexedFolder,
  serveExplorer,
  type ExplorerServer,
  type IndexedFolder,
} from "./explorer-server.ts";

const question = "How much memory does DGX Spark have?";
const asked = `?q=${encodeURIComponent(question)}`;
const rows = '[data-column="result"] [data-passage]';
const hasRows = `document.querySelectorAll('${rows}').length > 0 && document.querySelector("main").ariaBusy === "false"`;

/** What axe finds wrong, in words. */
async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const found: unknown = await page.evaluate(`axe.run().then(({ violations }) => violations.map(
    ({ id, nodes }) => id + ": " + nodes.map(({ html }) => html).join(" | ")))`);
  return Array.isArray(found) ? found.map(String) : ["axe gave no answer"];
}

describe("the explorer in a browser", () => {
  let browser: Browser | undefined;
  let indexed: IndexedFolder;
  let server: ExplorerServer;

  beforeAll(async () => {
    browser = await startBrowser();
    if (!browser) return;
    indexed = await indexedFolder();
    const { index, tokenScorer, second, folder } = indexed;
    const rerankers = { small: second };
    server = await serveExplorer({ index, tokenScorer, rerankers, judgements: folder });
  });

  beforeEach(({ skip }) => {
    skip(browser === undefined, "No Chromium found: install it, or name it in CHROMIUM_PATH.");
  });

  afterAll(async () => {
    await browser?.close();
    await server?.[Symbol.asyncDispose]();
    await indexed?.[Symbol.asyncDispose]();
  });

  test("answers a question, follows sliders without scoring again, explains, and keeps ten judgements that evaluate reads", async () => {
    const { page, heard } = await openPage(browser, server.url);
    await page.keyboard.press("Escape");
    await page.evaluate("document.activeElement.blur()");
    await page.keyboard.press("/");
    await page.keyboard.type(question);
    await page.keyboard.press("Enter");
    await until(page, hasRows);
    expect(await textsOf(page, ".column h2")).toEqual([
      expect.stringMatching(/^Dense\s+50$/),
      expect.stringMatching(/^BM25\s+50$/),
      expect.stringMatching(/^Fused\s+50$/),
      expect.stringMatching(/^Reranked\s+5 of 50$/),
    ]);
    expect(await textsOf(page, ".times li > span:first-child")).toEqual([
      "Dense",
      "BM25",
      "Fusion",
      "Rerank",
    ]);
    expect(await textsOf(page, "#scored-anew")).toEqual(["50 newly scored"]);
    expect((await textsOf(page, "[role=status]"))[0]).toMatch(/^5 passages of 50 candidates in /);
    await until(page, "document.querySelectorAll('.lines path.kept').length > 4");

    // Each move is a new search, and none of them scores a pair again.
    const moves = [
      ["k", "ArrowRight", /^Reranked\s+6 of 50$/],
      ["candidates", "ArrowLeft", /^Reranked\s+6 of 45$/],
      ["blend", "ArrowLeft", /^Blended\s+6 of 45$/],
    ] as const;
    for (const [control, key, title] of moves) {
      await page.focus(`#${control}`);
      await page.keyboard.press(key);
      await until(
        page,
        `${title}.test(document.querySelector("#title-result").textContent.trim())`,
      );
      expect(await textsOf(page, "#scored-anew")).toEqual(["none newly scored"]);
    }
    await page.select("#fusion", "min-max");
    await until(page, "location.search.includes('fusion=min-max')");
    await until(page, hasRows);

    // The explanation adds up to the score in the list.
    const ofList: unknown = await page.evaluate(`(() => {
      const row = document.querySelector('[data-column="bm25"] [data-passage]');
      row.focus();
      return { id: row.dataset.passage, score: row.querySelector(".score").textContent };
    })()`);
    await page.keyboard.press("Enter");
    await until(page, "document.querySelectorAll('.explanation table').length === 3");
    const added: unknown = await page.evaluate(`[...document.querySelectorAll("[data-weight]")]
      .reduce((sum, cell) => sum + Number(cell.dataset.weight), 0).toFixed(3)`);
    expect(ofList).toMatchObject({ score: added });
    expect(await textsOf(page, ".explanation h3")).toEqual([
      "Ranks and scores",
      "Words in common",
      "Token by token",
      "Neighbouring passages",
    ]);
    expect(await page.evaluate("document.activeElement.id")).toBe("explanation-title");
    await page.keyboard.press("Escape");
    await until(page, "!document.querySelector('.explanation')");

    // Ten passages, each of another section, judged with the keys.
    await page.focus("#k");
    for (let step = 0; step < 14; step += 1) await page.keyboard.press("ArrowRight");
    await until(page, "document.querySelectorAll('.result .kept').length === 20");
    await until(page, hasRows);
    await page.evaluate(`document.querySelector('${rows}').focus()`);
    const focused = "document.activeElement.querySelector('.grade')";
    for (let judged = 0; judged < 10; judged += 1) {
      while (await page.evaluate(`${focused} !== null`)) await page.keyboard.press("j");
      await page.keyboard.press((["2", "1", "0"] as const)[judged % 3] ?? "0");
      await until(page, `${focused} !== null`);
    }
    await page.keyboard.press("x");
    await until(page, `${focused} === null`);
    await page.keyboard.press("1");
    expect((await textsOf(page, "footer"))[0]).toMatch(/^10 judgements of\s+1 question/);
    // Sent one after the other: the last one is on the disk when another browser sees ten.
    const { page: other } = await openPage(browser, `${server.url}${asked}`);
    await expect
      .poll(async () => {
        await other.reload({ waitUntil: "networkidle0" });
        return (await textsOf(other, "footer"))[0];
      })
      .toMatch(/^10 judgements of/);
    await other.close();
    const qrels = (await readFile(join(indexed.folder, "qrels.tsv"), "utf8")).trim().split("\n");
    expect(qrels).toHaveLength(11);
    for (const line of qrels.slice(1)) expect(line).toMatch(/^q001\t\S+\.md#\S+\t[012]$/);
    expect(await readFile(join(indexed.folder, "queries.jsonl"), "utf8")).toBe(
      `${JSON.stringify({ _id: "q001", text: question })}\n`,
    );
    expect(heard).toEqual([]);

    const outcome = await runCommand(await temporaryFolder(), [
      "evaluate",
      "--data",
      indexed.folder,
      "--systems",
      "bm25,dense",
    ]);
    expect(outcome.stderr).not.toMatch(/match no passage/);
    expect(outcome.code).toBe(0);
    expect(outcome.stdout).toMatch(/bm25/);
    await page.close();
  }, 180_000);

  test("restores questions, settings and explanations from the address, and follows the back button", async () => {
    const { page, heard } = await openPage(
      browser,
      `${server.url}${asked}&k=3&candidates=20&blend=0.5&hybrid=no`,
    );
    await until(page, hasRows);
    expect(await textsOf(page, ".column h2")).toEqual([
      expect.stringMatching(/^Dense\s+20$/),
      expect.stringMatching(/^Blended\s+3 of 20$/),
    ]);
    expect(await page.evaluate("document.querySelector('#blend').value")).toBe("0.5");
    await page.click(rows);
    await until(page, "document.querySelector('.explanation .path') !== null");
    const address = page.url();
    expect(address).toContain("passage=");
    await page.goBack();
    await until(page, "!document.querySelector('.explanation')");
    await page.goForward();
    await until(page, "document.querySelector('.explanation .path') !== null");
    const { page: other } = await openPage(browser, address);
    await until(other, "document.querySelector('.explanation .path') !== null");
    expect(await textsOf(other, ".explanation .path")).toEqual(
      await textsOf(page, ".explanation .path"),
    );
    await page.goBack();
    await page.focus("#question");
    await page.evaluate("document.querySelector('#question').select()");
    await page.keyboard.type("LoRA");
    await page.keyboard.press("Enter");
    await until(page, "location.search.includes('q=LoRA')");
    await page.goBack();
    await until(page, `document.querySelector('#question').value === ${JSON.stringify(question)}`);
    expect(heard).toEqual([]);
    await Promise.all([page.close(), other.close()]);
  });

  test.each([
    [1440, "light"],
    [1440, "dark"],
    [768, "light"],
    [360, "light"],
    [360, "dark"],
  ] as const)("has nothing that axe finds, and fits, at %d in %s", async (width, scheme) => {
    const { page, heard } = await openPage(browser, server.url, { width, scheme });
    expect(await violations(page)).toEqual([]);
    await page.goto(`${server.url}${asked}`, { waitUntil: "networkidle0" });
    await until(page, hasRows);
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(width);
    await page.evaluate(`document.querySelector('${rows}').focus()`);
    await page.keyboard.press("1");
    expect(await violations(page)).toEqual([]);
    await page.keyboard.press("x");
    await page.keyboard.press("Enter");
    await until(page, "document.querySelectorAll('.explanation table').length === 3");
    expect(await violations(page)).toEqual([]);
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(width);
    await page.keyboard.press("?");
    await until(page, "document.querySelector('dialog[open]') !== null");
    expect(await violations(page)).toEqual([]);
    await page.keyboard.press("Escape");
    await until(page, "document.querySelector('dialog') === null");
    expect(heard).toEqual([]);
    await page.close();
  });

  test("keeps judgements itself, and offers both files, if the server has no folder", async () => {
    await using plain = await serveExplorer({ index: indexed.index });
    const { page, heard } = await openPage(browser, `${plain.url}${asked}`);
    await until(page, hasRows);
    await page.evaluate(`document.querySelector('${rows}').focus()`);
    await page.keyboard.press("2");
    expect(await textsOf(page, "footer button")).toEqual([
      "Download queries.jsonl",
      "Download qrels.tsv",
    ]);
    await page.evaluate(`(() => {
      globalThis.kept = [];
      URL.createObjectURL = (blob) => { globalThis.kept.push(blob); return "blob:none"; };
      HTMLAnchorElement.prototype.click = () => undefined;
      for (const button of document.querySelectorAll("footer button")) button.click();
    })()`);
    const files: unknown = await page.evaluate(
      "Promise.all(globalThis.kept.map((blob) => blob.text()))",
    );
    expect(files).toEqual([
      `${JSON.stringify({ _id: "q001", text: question })}\n`,
      expect.stringMatching(/^query-id\tcorpus-id\tscore\nq001\t\S+\.md#\S+\t2\n$/),
    ]);
    await page.reload({ waitUntil: "networkidle0" });
    expect((await textsOf(page, "footer"))[0]).toContain("1 judgement");
    expect(heard).toEqual([]);
    await page.close();
  });

  test("asks for the key of a server that needs one, and keeps it for this tab", async () => {
    await using locked = await serveExplorer({ index: indexed.index }, { key: () => "right" });
    const { page, heard } = await openPage(browser, `${locked.url}${asked}`, {
      expectedStatus: 401,
    });
    await until(page, "document.activeElement.id === 'key'");
    expect(await violations(page)).toEqual([]);
    await page.keyboard.type("wrong");
    await page.keyboard.press("Enter");
    await until(page, "document.querySelector('.key-form').textContent.includes('refused')");
    await page.evaluate("document.querySelector('#key').value = ''");
    await page.focus("#key");
    await page.keyboard.type("right");
    await page.keyboard.press("Enter");
    await until(page, hasRows);
    expect(page.url()).not.toContain("right");
    expect(await page.evaluate("Object.values(localStorage).includes('right')")).toBe(false);
    await page.reload({ waitUntil: "networkidle0" });
    await until(page, hasRows);
    expect(heard).toEqual([]);
    await page.close();
  });

  test("says what to do if nothing reaches the threshold, the server fails, or it is gone", async () => {
    const dying = await serveExplorer({ index: indexed.index });
    const { page } = await openPage(browser, `${dying.url}${asked}&threshold=1`);
    await until(
      page,
      "document.querySelector('.notice')?.textContent.includes('Lower it') === true",
    );
    // By the name of the package's option.
    expect((await textsOf(page, ".notice"))[0]).toContain("reaches the score threshold");
    expect(await textsOf(page, "label[for=threshold]")).toEqual(["Score threshold"]);
    await dying[Symbol.asyncDispose]();
    await page.focus("#k");
    await page.keyboard.press("ArrowRight");
    await until(page, "document.querySelector('[role=alert]') !== null");
    expect((await textsOf(page, "[role=alert] p"))[0]).toBe(
      "The server does not answer. Check that it runs, then try again.",
    );
    expect(await violations(page)).toEqual([]);
    await page.close();
  });
});

describe("the explorer over hostile documents", () => {
  test("shows their texts as texts, without widening the page", async ({ skip }) => {
    const browser = await startBrowser();
    skip(!browser, "No Chromium found: install it, or name it in CHROMIUM_PATH.");
    const hostile = [
      "# Memory <img src=x onerror=alert(1)> <script>alert(2)</script>\n",
      '"><svg onload=alert(3)> memory javascript:alert(4) ${alert(5)} memory.',
      `\u202Eyromem \u2066 memory ${"memory".repeat(60)} \u202A`,
      "\u0007\u001B[31m memory \uFEFF\u200D memory",
    ];
    await using indexed = await indexedFolder(
      { "<b>memory&quot;.md": hostile.join("\n\n"), "empty-handed.md": "Nothing of interest." },
      { withSamples: false },
    );
    const { index, tokenScorer } = indexed;
    await using server = await serveExplorer({ index, tokenScorer });
    for (const width of [360, 1440]) {
      const { page, heard } = await openPage(browser, `${server.url}?q=memory`, { width });
      await until(page, hasRows);
      await page.click(rows);
      await until(page, "document.querySelectorAll('.explanation table').length === 3");
      expect(
        await page.evaluate(
          "document.querySelectorAll('main img, main script, main svg svg').length",
        ),
      ).toBe(0);
      expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(width);
      expect((await textsOf(page, "main")).join(" ")).toContain("<svg onload=alert(3)>");
      expect(heard).toEqual([]);
      await page.close();
    }
    await browser?.close();
  });

  test("says how to fill an empty index", async ({ skip }) => {
    const browser = await startBrowser();
    skip(!browser, "No Chromium found: install it, or name it in CHROMIUM_PATH.");
    await using indexed = await indexedFolder({}, { withSamples: false });
    await using server = await serveExplorer({ index: indexed.index });
    const { page, heard } = await openPage(browser, `${server.url}?q=memory`);
    await until(
      page,
      "document.querySelector('.notice')?.textContent.includes('index is empty') === true",
    );
    expect(heard).toEqual([]);
    await browser?.close();
  });
});
