import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { OnnxCrossEncoder } from "../../src/cross-encoder/onnx-cross-encoder.ts";
import { tinyModel } from "../fixtures/golden.ts";
import { temporaryFolder } from "../vector-store/temporary-folder.ts";
import { riverTexts as texts } from "./river-texts.ts";

test("reports the SHA-256 of the file that it runs", async () => {
  await using bundled = new OnnxCrossEncoder({ model: "rerank-minilm-l6", device: "cpu" });
  expect((await bundled.info()).fileHash).toBe(
    "e104d073b60e114e6629d24956a910ea6cc92040246a54907718f890e6f45c21",
  );
});

test("scores the first texts first when a deadline cuts it short", async () => {
  await using bundled = new OnnxCrossEncoder({ model: "rerank-minilm-l6", device: "cpu" });
  await bundled.score("warm up", ["the workers"]);
  const many = Array.from({ length: 3000 }, (_, index) => `${texts[index % 100]} ${index}`);
  const result = await bundled.score("river", many, { deadlineMs: 1000 });
  const scores = [...result.scores];
  const scored = scores.filter(Number.isFinite).length;
  expect(scored).toBeGreaterThan(0);
  expect(scored).toBeLessThan(many.length);
  expect(scores.slice(0, scored - 4).every(Number.isFinite)).toBe(true);
  const leftOut = scores.flatMap((score, index) => (Number.isNaN(score) ? [index] : []));
  expect(result.unscored).toEqual(new Map(leftOut.map((index) => [index, "deadline"])));
});

test("leaves the main thread free while 200 pairs are scored", async () => {
  await using scorer = new OnnxCrossEncoder({ model: "rerank-minilm-l3", device: "cpu" });
  await scorer.score("warm up", ["the workers"]);
  let latest = performance.now();
  let longest = 0;
  const timer = setInterval(() => {
    const now = performance.now();
    longest = Math.max(longest, now - latest);
    latest = now;
  }, 5);
  const pairs = Array.from({ length: 200 }, (_, index) => `${texts[index % 100]} ${index}`);
  const startedAt = performance.now();
  await scorer.score("how long is the old river", pairs);
  const whole = performance.now() - startedAt;
  clearInterval(timer);
  // A share of the whole, not milliseconds: other work on the machine stretches both.
  expect(longest).toBeLessThan(whole / 5);
});

test.each([
  ["tokenizer.json", "{", "["],
  ["tokenizer.json", '"BertNormalizer"', '"BertNormalizes"'],
  ["onnx/model.onnx", "MatMul", "MatMuk"],
])("names %s in which every %s became %s, and says what to do", async (file, whole, damaged) => {
  const model = await temporaryFolder();
  cpSync(tinyModel("tiny-bert-reranker"), model, { recursive: true });
  const path = join(model, file);
  // Latin-1 keeps every byte.
  const content = readFileSync(path, "latin1");
  writeFileSync(path, content.replaceAll(whole, damaged), "latin1");
  await using scorer = new OnnxCrossEncoder({ model, device: "cpu", dtype: "fp32" });
  const failure: unknown = await scorer.score("river", ["deep"]).catch((error: unknown) => error);
  expect(failure).toMatchObject({ name: "RetrievalError", code: "model-damaged" });
  expect(String(failure)).toContain(path);
  expect(String(failure)).toContain("delete the file and fetch it again");
});
