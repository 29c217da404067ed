import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Hono } from "hono";
import type { Browser } from "puppeteer-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { defaultModels, openPipeline } from "../../src/cli/pipeline.ts";
import { SearchIndex } from "../../src/retrieval/search-index.ts";
import { explorerApi, explorerPage } from "../../src/server/explorer/explorer-routes.ts";
import { openPage, startBrowser, textsOf, until } from "./explorer-browser.ts";
import { indexedFolder, serveApp, serveExplorer, type IndexedFolder } from "./explorer-server.ts";

const rows = '[data-column="result"] [data-passage]';
const hasRows = `document.querySelectorAll('${rows}').length > 0`;
const files = {
  "memory.md": "# Memory\n\nThe memory of the machine is large.\n\n# Disk\n\nThe disk is slow.\n",
  "cats.md": "# Cats in the afternoon\n\nCats sleep for most of the day.\n",
};
const header = "query-id\tcorpus-id\tscore\n";

let browser: Browser | undefined;
let indexed: IndexedFolder;
beforeAll(async () => {
  [browser, indexed] = [await startBrowser(), await indexedFolder(files, { withSamples: false })];
});
afterAll(async () => {
  await browser?.close();
  await indexed[Symbol.asyncDispose]();
});

describe("files of judgements that cannot be read", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "judgements-"));
  });
  afterEach(async () => {
    await rm(folder, { recursive: true });
  });

  const query = '{"_id": "q1", "text": "memory"}\n';
  const remedy = "Correct the file, or move it elsewhere; until then no judgement is saved.";
  test.each([
    [
      "damaged judgements",
      { "queries.jsonl": query, "qrels.tsv": `${header}q1\tmemory.md#memory\n` },
      /^qrels\.tsv:2: expected query-id, corpus-id and score, unquoted and separated by tabs, got "q1\\tmemory\.md#memory"\. /,
    ],
    [
      "judgements of TREC's layout",
      { "queries.jsonl": query, "qrels.tsv": "q1 0 memory.md#memory 2\n" },
      /^qrels\.tsv:1: expected the header "query-id\\tcorpus-id\\tscore" \(if this file has the layout of TREC, convert it /,
    ],
    [
      "damaged questions",
      { "queries.jsonl": `${query}{"_id": 2}\n`, "qrels.tsv": header },
      /^queries\.jsonl:2: expected the strings "_id" and "text", got /,
    ],
  ] as const)("%s leave the search as it is, and are not written", async (_, given, reason) => {
    for (const [name, text] of Object.entries(given)) await writeFile(join(folder, name), text);
    const routes = explorerApi({ index: indexed.index, judgements: folder });
    const info = await routes.request("/explorer/api/info");
    expect([info.status, await info.json()]).toEqual([
      200,
      expect.objectContaining({ examples: ["Cats in the afternoon"], savesJudgements: true }),
    ]);
    const shown = await routes.request("/explorer/api/judgements");
    const { judgements, problem }: { judgements: unknown; problem: string } = JSON.parse(
      await shown.text(),
    );
    expect([shown.status, judgements]).toEqual([200, []]);
    expect(problem).toMatch(reason);
    expect(problem).toContain(remedy);
    // Neither the folder nor an option that `serve` does not have.
    expect(problem).not.toContain(folder);
    expect(problem).not.toContain("pass the format");
    const put = await routes.request("/explorer/api/judgements", {
      method: "PUT",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ question: "memory", id: "memory.md#memory", grade: 1 }),
    });
    expect(put.status).toBe(400);
    expect(JSON.parse(await put.text()).error.message).toBe(problem);
    for (const [name, text] of Object.entries(given)) {
      expect(await readFile(join(folder, name), "utf8")).toBe(text);
    }
  });

  test("are unavailable on the page, which searches, and saves again when they are corrected", async ({
    skip,
  }) => {
    skip(!browser, "No Chromium found: install it, or name it in CHROMIUM_PATH.");
    const [queries, qrels] = [join(folder, "queries.jsonl"), join(folder, "qrels.tsv")];
    await writeFile(queries, query);
    const damaged = `${header}q1\tmemory.md#memory\tmuch\n`;
    await writeFile(qrels, damaged);
    await using server = await serveExplorer({ index: indexed.index, judgements: folder });
    const { page, heard } = await openPage(browser, `${server.url}?q=memory`);
    await until(page, hasRows);
    expect((await textsOf(page, "footer"))[0]).toMatch(
      /^Judgements are unavailable\. qrels\.tsv:2: expected a whole number as the score, got /,
    );
    expect(await textsOf(page, "[role=alert]")).toEqual([]);
    await page.focus(rows);
    await page.keyboard.press("2");
    await until(page, "document.querySelector('[role=alert]') !== null");
    expect((await textsOf(page, "[role=alert] p"))[0]).toContain(
      "until then no judgement is saved",
    );
    expect(await textsOf(page, ".grade")).toEqual([]);
    expect(await readFile(qrels, "utf8")).toBe(damaged);
    await writeFile(qrels, `${header}q1\tcats.md#cats-in-the-afternoon\t0\n`);
    await page.click("footer button");
    await until(page, "document.querySelector('footer').textContent.includes('1 judgement of')");
    await page.focus(rows);
    await page.keyboard.press("2");
    await until(page, "document.querySelector('footer').textContent.includes('2 judgements of')");
    await expect
      .poll(() => readFile(qrels, "utf8"))
      .toBe(`${header}q1\tcats.md#cats-in-the-afternoon\t0\nq1\tmemory.md#memory\t2\n`);
    expect(heard).toEqual([]);
    await page.close();
  });
});

/** The same passages under the name of a store. */
function storeOf(id: string): Hono {
  const { lexical, index } = indexed;
  return explorerApi({
    index: new SearchIndex({ dense: lexical, reranker: index.reranker, id }),
  });
}

test("keeps in the browser the judgements of each store that is served at one address", async ({
  skip,
}) => {
  skip(!browser, "No Chromium found: install it, or name it in CHROMIUM_PATH.");
  let served = storeOf("/home/one/documents");
  const app = new Hono().route("/", explorerPage());
  app.all("/explorer/api/*", (c) => served.fetch(c.req.raw));
  await using server = await serveApp(app);
  const { page, heard } = await openPage(browser, `${server.url}?q=memory+cats`);
  const reload = async (): Promise<string | undefined> => {
    await page.reload({ waitUntil: "networkidle0" });
    await until(page, hasRows);
    return (await textsOf(page, "footer"))[0];
  };
  await page.focus(rows);
  await page.keyboard.press("2");
  expect(await reload()).toMatch(/^1 judgement of/);
  expect(await page.evaluate("JSON.stringify(localStorage)")).not.toContain("/home/one");
  served = storeOf("/home/two/documents");
  expect(await reload()).toMatch(/^Nothing is judged yet/);
  expect(await textsOf(page, ".grade")).toEqual([]);
  await page.focus(rows);
  await page.keyboard.press("j");
  for (const key of ["0", "k", "1"] as const) await page.keyboard.press(key);
  expect(await reload()).toMatch(/^2 judgements of/);
  served = storeOf("/home/one/documents");
  expect(await reload()).toMatch(/^1 judgement of/);
  expect(heard).toEqual([]);
  await page.close();
});

test("names the store and the collection that the commands search", async () => {
  const store = await mkdtemp(join(tmpdir(), "stores-"));
  const ids = [];
  for (const collection of ["one", "two", "one"]) {
    await using pipeline = await openPipeline({
      ...defaultModels,
      device: "cpu",
      store,
      collection,
    });
    ids.push(pipeline.searchIndex.id);
  }
  expect(ids).toEqual(
    ["one", "two", "one"].map((name) => expect.stringContaining(join(store, name))),
  );
  await rm(store, { recursive: true });
});
