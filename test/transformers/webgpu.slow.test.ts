import { expect, test } from "vitest";
import { openPage } from "./browser-page.ts";

// A software adapter compiles the shaders anew for each length of a pair.
test("a page scores and embeds on WebGPU as sentence-transformers does", async ({ skip }) => {
  await using page = await openPage();
  skip(!(await page?.hasGpu()), "No Chromium with WebGPU found: name one in CHROMIUM_PATH.");
  const result = await page?.run("webgpu", 5);
  expect(result?.scoreError).toBeLessThan(1e-4);
  expect(result?.vectorError).toBeLessThan(1e-4);
});
