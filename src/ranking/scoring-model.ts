import type { Arithmetic } from "./arithmetic.ts";

/** Identifies a model: the one whose scores something was fitted on, or is applied to. */
export interface ScoringModel {
  readonly name: string;
  /** SHA-256 of the graph file, in hex, if it is known: another dtype of the same model has different scores. */
  readonly fileHash: string | undefined;
  /** How the model computes its scores, if it is known. */
  readonly arithmetic: Arithmetic | undefined;
}
