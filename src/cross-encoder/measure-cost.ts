import { RetrievalError } from "../errors.ts";
import type { ModelInfo } from "../model/onnx-model.ts";
import { OnnxCrossEncoder, type OnnxCrossEncoderOptions } from "./onnx-cross-encoder.ts";

/**
 * Times a cross-encoder on pairs of 16 to 256 tokens; returns its settings and the cost of a pair on this
 * machine.
 */
export async function measureCost(
  options: OnnxCrossEncoderOptions,
): Promise<ModelInfo & { readonly cost: NonNullable<ModelInfo["cost"]> }> {
  await using scorer = new OnnxCrossEncoder({ ...options, cache: false });
  for (let round = 0; round < mostRounds; round++) {
    for (const words of wordCounts) {
      const texts = Array.from({ length: 6 }, (_, index) => `${"passage ".repeat(words)}${index}`);
      await scorer.score("which passage answers", texts);
    }
    const { cost, ...info } = await scorer.info();
    if (cost && cost.rows >= rowsWanted) return { ...info, cost };
  }
  throw new RetrievalError(
    "worker-failed",
    `Expected ${options.model ?? "the model"} to score ${rowsWanted} pairs without other load, got fewer: try again when the machine is idle.`,
  );
}

/** Pairs scored while further workers load do not count, so several rounds may be necessary. */
const mostRounds = 50;
const rowsWanted = 120;
/** Lengths alternate, so that a core that slows down affects all of them. */
const wordCounts = [8, 32, 64, 120, 240];
