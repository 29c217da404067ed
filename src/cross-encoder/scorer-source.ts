import { RetrievalError } from "../errors.ts";
import type { ListReranker } from "../ranking/list-reranker.ts";
import { pairScorer, type PairScorer } from "../ranking/pair-scorer.ts";
import { OnnxCrossEncoder, type OnnxCrossEncoderOptions } from "./onnx-cross-encoder.ts";

/** Either the `model` of a local cross-encoder with its options, or any `scorer` without model options. */
export type ScorerSource =
  | (OnnxCrossEncoderOptions & { readonly scorer?: never })
  | ({ readonly scorer: PairScorer } & {
      readonly [Name in keyof OnnxCrossEncoderOptions]?: undefined;
    });

/** A `ranker`, and the options that need no scores. */
export type RankerSource = {
  /** Orders the documents as a list, and gives no scores. */
  readonly ranker: ListReranker;
  /** How many documents to keep, at least 1. @defaultValue 5 */
  readonly topN?: number | undefined;
  /** Milliseconds after which the result is returned, at least 0. @defaultValue no limit */
  readonly deadlineMs?: number | undefined;
} & {
  readonly [
    Name in keyof OnnxCrossEncoderOptions | "scorer" | "scoreThreshold" | "adaptiveDepth"
  ]?: undefined;
};

/**
 * Returns the scorer of `source`, or creates one for its model, which the caller then owns and has to dispose
 * of.
 */
export function takeScorer(source: ScorerSource): {
  readonly scorer: PairScorer;
  readonly isOwned: boolean;
} {
  if (!("scorer" in source)) return { scorer: new OnnxCrossEncoder(source), isOwned: true };
  const { scorer, ...others } = source;
  pairScorer("scorer", scorer);
  const [unused] = Object.entries(others).find(([, value]) => value !== undefined) ?? [];
  if (scorer !== undefined && unused === undefined) return { scorer, isOwned: false };
  throw new RetrievalError(
    "invalid-option",
    `Expected either \`scorer\` or model options, got \`scorer\` and \`${unused}\`: pass the option to the scorer.`,
  );
}
