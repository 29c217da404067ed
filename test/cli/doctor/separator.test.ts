import { expect, test } from "vitest";
import { checkSeparator } from "../../../src/cli/doctor/separator.ts";
import { tinyModel } from "../../fixtures/golden.ts";

test.each([
  ["tiny-bert-reranker", "a pair over 512 tokens keeps its separators"],
  ["tiny-qwen3-reranker", "the text alone is truncated, and its prompt kept"],
])("a long pair of %s passes", async (name, detail) => {
  const finding = await checkSeparator({ name, folder: tinyModel(name) });
  expect(finding).toMatchObject({ verdict: "ok", here: detail });
});
