import type { OnnxModel } from "../model/onnx-model.ts";
import { packPair } from "../model/packing.ts";
import type { Work } from "../model/scheduled-call.ts";
import type { PairListener } from "./scoring-run.ts";

/** A query and texts to be read with it, in a window of `maxTokens` or the model's own. */
export interface Pairs {
  readonly query: string;
  readonly texts: readonly string[];
  readonly maxTokens: number | undefined;
}

export interface ScorePairsOptions extends Pick<Work, "signal" | "tokenCache"> {
  /** Gets each pair's logit by the place of its text; `NaN` where two workers failed on it. */
  readonly onPair: PairListener;
}

/** Runs the pairs; settles when each has its score or failed. */
export async function scorePairs(
  model: OnnxModel,
  { query, texts, maxTokens }: Pairs,
  { onPair, ...options }: ScorePairsOptions,
): Promise<void> {
  const packing = model.packing(maxTokens);
  await model.run({
    ...options,
    query,
    texts,
    pack: (text, packedQuery) => packPair(packedQuery, text, packing),
    onRow: (place, row, { truncatedTokens }) =>
      onPair(place, { score: logitOf(row), truncatedTokens }),
    onFailure: (place) => onPair(place, { score: Number.NaN, truncatedTokens: 0 }),
  });
}

/** One label is the logit itself; of two, the second says relevant: sigmoid of the difference is its softmax. */
function logitOf(row: Float32Array): number {
  const [first = Number.NaN, second] = row;
  return second === undefined ? first : second - first;
}
