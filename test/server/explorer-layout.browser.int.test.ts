import type { Browser } from "puppeteer-core";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { openPage, startBrowser, until } from "./explorer-browser.ts";
import {
  indexedFolder,
  serveExplorer,
  type ExplorerServer,
  type IndexedFolder,
} from "./explorer-server.ts";

const rows = '[data-column="result"] [data-passage]';
const hasRows = `document.querySelectorAll('${rows}').length > 0`;
const files = {
  "repair.md": "# Troubleshooting checklist\n\nCheck the memory first.\n",
  "cats.md": "# Cats\n\nCats sleep for most of the day.\n\n# Dogs\n\nDogs need walks and memory.\n",
};

describe("the explorer's layout", () => {
  let browser: Browser | undefined;
  let indexed: IndexedFolder;
  let server: ExplorerServer;

  beforeAll(async () => {
    browser = await startBrowser();
    if (!browser) return;
    indexed = await indexedFolder(files, { withSamples: false });
    server = await serveExplorer({ index: indexed.index });
  });

  beforeEach(({ skip }) => {
    skip(browser === undefined, "No Chromium found: install it, or name it in CHROMIUM_PATH.");
  });

  afterAll(async () => {
    await browser?.close();
    await server?.[Symbol.asyncDispose]();
    await indexed?.[Symbol.asyncDispose]();
  });

  test.each([1280, 1440])(
    "breaks no word of a title beside the explanation, at %d",
    async (width) => {
      const { page } = await openPage(browser, `${server.url}?q=memory`, { width });
      await until(page, hasRows);
      await page.click(rows);
      await until(page, "document.querySelectorAll('.explanation table').length === 2");
      const broken: unknown = await page.evaluate(`(() => {
      const found = [];
      for (const { firstChild: text } of document.querySelectorAll(".title")) {
        for (const { 0: word, index } of text.data.matchAll(/\\S+/g)) {
          const range = document.createRange();
          range.setStart(text, index);
          range.setEnd(text, index + word.length);
          if (range.getClientRects().length > 1) found.push(word);
        }
      }
      return found;
    })()`);
      expect(broken).toEqual([]);
      await page.close();
    },
  );

  test("draws no bar for a weight of 0", async () => {
    const { page } = await openPage(browser, `${server.url}?q=memory+cats`);
    await until(page, hasRows);
    await page.click(rows);
    await until(page, "document.querySelectorAll('.explanation table').length === 2");
    const bars: unknown = await page.evaluate(`[...document.querySelectorAll("[data-weight]")].map(
      (cell) => [Number(cell.dataset.weight) > 0, cell.querySelector(".fill") !== null])`);
    expect(bars).toEqual(
      expect.arrayContaining([
        [true, true],
        [false, false],
      ]),
    );
    expect(bars).not.toContainEqual([false, true]);
    await page.close();
  });

  test("fits the explanation into 320 pixels", async () => {
    const { page } = await openPage(browser, `${server.url}?q=memory`, { width: 320 });
    await until(page, hasRows);
    await page.click(rows);
    await until(page, "document.querySelectorAll('.explanation table').length === 2");
    expect(await page.evaluate("document.querySelector('.explanation').scrollWidth")).toBe(320);
    await page.close();
  });
});
