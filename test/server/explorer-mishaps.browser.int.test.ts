import { appendFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "puppeteer-core";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { openPage, startBrowser, textsOf, until } from "./explorer-browser.ts";
import {
  indexedFolder,
  serveExplorer,
  type ExplorerServer,
  type IndexedFolder,
} from "./explorer-server.ts";

const rows = '[data-column="result"] [data-passage]';
const isIdle = 'document.querySelector("main")?.ariaBusy === "false"';
const hasRows = `document.querySelectorAll('${rows}').length > 0 && ${isIdle}`;
const listOfFocus = "document.activeElement.closest('[data-column]')?.dataset.column";

const files = {
  "memory.md": "# Memory\n\nThe memory of the machine is large.\n\n# Disk\n\nThe disk is slow.\n",
  "cats.md": "# Cats\n\nCats sleep for most of the day.\n\n# Dogs\n\nDogs need walks and memory.\n",
};

/** Lets the requests whose address and method match fail or wait, until `globalThis.letGo()`. */
async function holdRequests(page: Page, part: string, outcome: "fails" | "waits"): Promise<void> {
  await page.evaluate(`(() => {
    const own = globalThis.fetch;
    const gate = new Promise((resolve) => { globalThis.letGo = resolve; });
    globalThis.fetch = async (address, init) => {
      if (!(init.method + " " + address).includes(${JSON.stringify(part)})) return own(address, init);
      await gate;
      if (${JSON.stringify(outcome)} === "fails") throw new TypeError("no network");
      return own(address, init);
    };
  })()`);
}

async function askInPage(page: Page, question: string): Promise<void> {
  await page.focus("#question");
  await page.evaluate("document.querySelector('#question').select()");
  await page.keyboard.type(question);
  await page.keyboard.press("Enter");
}

describe("the explorer when something comes between", () => {
  let browser: Browser | undefined;
  let indexed: IndexedFolder;
  let server: ExplorerServer;

  beforeAll(async () => {
    browser = await startBrowser();
    if (!browser) return;
    indexed = await indexedFolder(files, { withSamples: false });
    server = await serveExplorer({ index: indexed.index, judgements: indexed.folder });
  });

  beforeEach(({ skip }) => {
    skip(browser === undefined, "No Chromium found: install it, or name it in CHROMIUM_PATH.");
  });

  afterAll(async () => {
    await browser?.close();
    await server?.[Symbol.asyncDispose]();
    await indexed?.[Symbol.asyncDispose]();
  });

  test("leads from the question to the result and back by keys alone", async () => {
    const { page, heard } = await openPage(browser, server.url);
    await page.keyboard.type("memory");
    await page.keyboard.press("Enter");
    await until(page, `${listOfFocus} === "result"`);
    await page.keyboard.press("j");
    expect(await page.evaluate("document.activeElement.querySelector('.rank').textContent")).toBe(
      "2",
    );
    await page.keyboard.press("ArrowLeft");
    await page.keyboard.press("ArrowLeft");
    expect(await page.evaluate(listOfFocus)).toBe("bm25");
    await page.keyboard.press("Enter");
    await until(page, "document.querySelector('.explanation .path') !== null");
    await page.keyboard.press("Escape");
    await until(page, `${listOfFocus} === "bm25"`);
    expect(heard).toEqual([]);
    await page.close();
  });

  test("lets who types the next question go on while the first one is searched", async () => {
    const { page } = await openPage(browser, server.url);
    await holdRequests(page, "explorer/api/search", "waits");
    await askInPage(page, "memory");
    await page.keyboard.type(" of");
    await page.evaluate("globalThis.letGo()");
    await until(page, hasRows);
    await page.keyboard.type(" cats");
    expect(await page.evaluate("document.querySelector('#question').value")).toBe("memory of cats");
    await page.close();
  });

  test("shows no list of the question before, which would be judged for this one", async () => {
    const { page } = await openPage(browser, `${server.url}?q=memory`);
    await until(page, hasRows);
    await holdRequests(page, "explorer/api/search", "waits");
    await askInPage(page, "cats");
    await until(page, "location.search.includes('q=cats')");
    expect(await textsOf(page, "[data-passage]")).toEqual([]);
    expect(await textsOf(page, "main .notice")).toEqual(["Searching…"]);
    await page.evaluate("globalThis.letGo()");
    await until(page, hasRows);
    await page.close();
  });

  test("says again why a search fails when it is tried again", async () => {
    const { page } = await openPage(browser, `${server.url}?q=${"x".repeat(4001)}`);
    const notice = "document.querySelector('[role=alert] p')?.textContent.includes('4000')";
    await until(page, notice);
    await page.click("[role=alert] button");
    await page.waitForNetworkIdle();
    await until(page, notice);
    expect(await textsOf(page, "main .notice")).toHaveLength(1);
    await page.close();
  });

  test("reads each part of the address that it can", async () => {
    const { page, heard } = await openPage(
      browser,
      `${server.url}?q=%20memory%20&k=&candidates=-4&deadline=&fusion=none&blend=x&threshold=1e999`,
    );
    await until(page, hasRows);
    expect(await textsOf(page, ".setting output")).toEqual(["1", "1", "1.00", "none"]);
    expect(
      await page.evaluate("['fusion', 'deadline'].map((id) => document.getElementById(id).value)"),
    ).toEqual(["rrf", ""]);
    expect(heard).toEqual([]);
    await page.close();
  });

  test("continues with the next key when one is revoked, and accepts any text as a key", async () => {
    await using locked = await serveExplorer({ index: indexed.index }, { key: () => "right" });
    const { page } = await openPage(browser, `${locked.url}?q=memory`);
    const enter = async (key: string): Promise<void> => {
      await until(page, "document.activeElement.id === 'key'");
      await page.evaluate("document.activeElement.value = ''");
      await page.keyboard.type(key);
      await page.keyboard.press("Enter");
    };
    await enter("Schlüssel €");
    await until(page, "document.querySelector('.key-form')?.textContent.includes('refused')");
    await enter("right");
    await until(page, hasRows);
    await page.evaluate("sessionStorage.setItem('langchain-rerank.key', 'revoked')");
    await page.focus("#k");
    await page.keyboard.press("ArrowLeft");
    await until(page, "document.querySelector('.key-form')?.textContent.includes('refused')");
    await enter("right");
    await until(page, hasRows);
    expect(await textsOf(page, "[role=alert]")).toEqual([]);
    await page.close();
  });

  test("asks for the next key wherever one is refused, and goes on with what was asked", async () => {
    let key = "first";
    const folder = await mkdtemp(join(tmpdir(), "judgements-"));
    await using locked = await serveExplorer(
      { index: indexed.index, judgements: folder },
      { key: () => key },
    );
    const { page } = await openPage(browser, `${locked.url}?q=dogs`);
    const enter = async (): Promise<void> => {
      await until(page, "document.activeElement.id === 'key'");
      await page.keyboard.type(key);
      await page.keyboard.press("Enter");
    };
    await enter();
    await until(page, hasRows);

    // While an explanation is loaded.
    key = "second";
    await page.click(rows);
    await enter();
    await until(page, "document.querySelector('.explanation .path') !== null");
    expect(await textsOf(page, rows)).not.toEqual([]);

    // While a judgement is saved: it is sent again.
    key = "third";
    await page.keyboard.press("1");
    await enter();
    await until(
      page,
      "document.querySelector('.explanation .grade-1[aria-pressed=true]') !== null",
    );
    await expect.poll(() => readFile(join(folder, "qrels.tsv"), "utf8")).toMatch(/\t1\n/);

    // While the address of another passage is opened.
    key = "fourth";
    await page.reload({ waitUntil: "domcontentloaded" });
    await until(page, "document.querySelector('.key-form')?.textContent.includes('refused')");
    await enter();
    await until(page, "document.querySelector('.explanation .path') !== null");
    expect(await textsOf(page, "[role=alert]")).toEqual([]);
    await page.close();
    await rm(folder, { recursive: true });
  });

  test("explains a passage when the server answers again", async () => {
    const { page } = await openPage(browser, `${server.url}?q=memory`);
    await until(page, hasRows);
    await page.setOfflineMode(true);
    await page.click(rows);
    await until(page, "document.querySelector('.explanation [role=alert]') !== null");
    await page.setOfflineMode(false);
    await page.click(".explanation [role=alert] button");
    await until(page, "document.querySelector('.explanation .path') !== null");
    expect(await textsOf(page, ".explanation [role=alert]")).toEqual([]);
    await page.close();
  });

  test("keeps the judgements of two tabs", async () => {
    await using plain = await serveExplorer({ index: indexed.index });
    const tabs = [];
    for (const question of ["memory", "cats"]) {
      tabs.push((await openPage(browser, `${plain.url}?q=${question}`)).page);
    }
    for (const tab of tabs) {
      await tab.bringToFront();
      await until(tab, hasRows);
      await tab.focus(rows);
      await tab.keyboard.press("2");
    }
    for (const tab of tabs) {
      await until(
        tab,
        "document.querySelector('footer').textContent.trim().startsWith('2 judgements')",
      );
      await tab.reload({ waitUntil: "networkidle0" });
      expect((await textsOf(tab, "footer p"))[0]).toMatch(/^2 judgements of\s+2 questions/);
      await tab.close();
    }
  });

  test("shows as judged what is saved, and reads out each judgement", async () => {
    const { page } = await openPage(browser, `${server.url}?q=walks`);
    await until(page, hasRows);
    await page.focus(rows);
    const said: string[][] = [];
    for (const key of ["2", "j", "2"] as const) {
      await page.keyboard.press(key);
      if (key === "2") said.push(await textsOf(page, "[role=status]"));
    }
    expect(said[0]).not.toEqual(said[1]);
    await until(page, "document.querySelector('footer').textContent.includes('2 judgements')");
    await page.waitForNetworkIdle();
    await holdRequests(page, "PUT explorer/api/judgements", "fails");
    await page.keyboard.press("1");
    await page.keyboard.press("0");
    await page.evaluate("globalThis.letGo()");
    await until(page, "document.querySelector('[role=alert]') !== null");
    await expect.poll(() => textsOf(page, `${rows} .grade`)).toEqual(["relevant", "relevant"]);
    await page.close();
  });

  test("finds its own question in a file that has it with spaces around it", async () => {
    const [queries, qrels] = ["queries.jsonl", "qrels.tsv"].map((name) =>
      join(indexed.folder, name),
    );
    if (queries === undefined || qrels === undefined) throw new Error("There are two names.");
    await appendFile(queries, `${JSON.stringify({ _id: "own", text: " sleep " })}\n`);
    const before = await readFile(qrels, "utf8").catch(() => "query-id\tcorpus-id\tscore\n");
    await writeFile(qrels, `${before}own\tcats.md#cats\t1\n`);
    const { page } = await openPage(browser, `${server.url}?q=sleep`);
    await until(page, hasRows);
    expect(await textsOf(page, `${rows} .grade`)).toEqual(["partly"]);
    await page.close();
  });
});
