import { expect, test } from "vitest";
import { bundle, entry, openPage } from "./browser-page.ts";

test("the entry bundles for browsers, and leaves no import behind", async () => {
  const { code, imports, warned } = await bundle(`export * from ${JSON.stringify(entry)};`);
  expect([imports, warned]).toEqual([[], []]);
  expect(code).not.toMatch(/\bnode:|onnxruntime/);
});

test("a page scores and embeds as sentence-transformers does, and answers in between", async ({
  skip,
}) => {
  await using page = await openPage();
  skip(page === undefined, "No Chromium found: install it, or name it in CHROMIUM_PATH.");
  const result = await page?.run("wasm", 40);
  expect(result?.scoreError).toBeLessThan(1e-4);
  expect(result?.vectorError).toBeLessThan(1e-4);
  expect(result?.turns).toBeGreaterThan(1);
});
