import { expect } from "vitest";
import {
  OnnxCrossEncoder,
  type OnnxCrossEncoderOptions,
} from "../../src/cross-encoder/onnx-cross-encoder.ts";
import { riverTexts } from "./river-texts.ts";

export async function scoreOf(
  scorer: OnnxCrossEncoder,
  query: string,
  text: string,
): Promise<number> {
  const { scores } = await scorer.score(query, [text]);
  return scores[0] ?? Number.NaN;
}

/** Requires that a text over the window of `maxTokens` has the score of its best window alone. */
export async function expectWindowsScoredAlone(
  options: OnnxCrossEncoderOptions,
  maxTokens: number,
): Promise<void> {
  await using windowed = new OnnxCrossEncoder({
    ...options,
    maxTokens,
    window: { stride: 4, maxWindows: 9 },
  });
  await using plain = new OnnxCrossEncoder(options);
  const text = riverTexts.slice(0, 12).join(" ");
  const { scores, windows } = await windowed.score("old river", [text, "deep"]);
  const { start = 0, end = 0, windows: count = 0 } = windows.get(0) ?? {};
  expect(count).toBeGreaterThan(2);
  expect(windows.has(1)).toBe(false);
  expect(scores[0]).toBeCloseTo(await scoreOf(plain, "old river", text.slice(start, end)), 4);
}
