import type { RetrievalError } from "../../errors.ts";
import type { PoolingSettings } from "../tokens/pooling.ts";

/** Turns the token vectors of a row into one vector; several modes are concatenated. */
export interface PoolingModule extends PoolingSettings {
  readonly kind: "pooling";
}

/** The activation functions that a `Dense` module may name, by their class in `torch.nn`. */
export const activationNames = [
  "Identity",
  "Tanh",
  "GELU",
  "ReLU",
  "Sigmoid",
  "SiLU",
  "Mish",
  "Softplus",
] as const;
export type Activation = (typeof activationNames)[number];

/** Multiplies vectors by a matrix, adds a bias, and applies an activation function. */
export interface DenseModule {
  readonly kind: "dense";
  readonly input: string;
  readonly output: string;
  readonly inputSize: number;
  readonly outputSize: number;
  readonly hasBias: boolean;
  readonly activation: Activation;
  /** Adds the input to the output, by a second matrix if their sizes differ. */
  readonly isResidual: boolean;
  /** Path of the safetensors file. */
  readonly weights: string;
}

/** Standardises a vector, then scales and shifts each of its numbers. */
export interface LayerNormModule {
  readonly kind: "layer-norm";
  readonly input: string;
  readonly output: string;
  readonly size: number;
  readonly weights: string;
}

/** Divides vectors by their Euclidean length. */
export interface NormalizeModule {
  readonly kind: "normalize";
  readonly input: string;
  readonly output: string;
}

/**
 * Computes a score from a language model's logits after the last token: the logit of one token, or its
 * difference from that of another.
 */
export interface LogitScoreModule {
  readonly kind: "logit-score";
  readonly output: string;
  /** Token ids, such as those of "yes" and "no". */
  readonly trueToken: number;
  readonly falseToken: number | undefined;
}

/**
 * A step that runs on the output of the graph. It reads one named feature and writes one; `token_embeddings` are
 * the token vectors of the graph.
 *
 * @see the modules of sentence-transformers
 */
export type HeadModule = PoolingModule | DenseModule | LayerNormModule | NormalizeModule;

/** A step that this package cannot run; refused when the model needs it. */
export interface UnsupportedModule {
  readonly kind: "unsupported";
  readonly role: "pooling" | "other";
  readonly output: string | undefined;
  /** A clause for the error message, or the error if the module's configuration cannot be read. */
  readonly reason: string | RetrievalError;
}

/** The features that pooling reads and writes. */
export const tokenVectors = "token_embeddings";
export const textVector = "sentence_embedding";
/** The feature that a cross-encoder ends in. */
export const scores = "scores";

export function inputOf(module: HeadModule): string {
  return module.kind === "pooling" ? tokenVectors : module.input;
}

/** `undefined` if an unsupported module does not say. */
export function outputOf(
  module: HeadModule | LogitScoreModule | UnsupportedModule,
): string | undefined {
  return module.kind === "pooling" ? textVector : module.output;
}

/** The module that multi-vector models end in. */
export const normalizeTokens: NormalizeModule = {
  kind: "normalize",
  input: tokenVectors,
  output: tokenVectors,
};

/** The module that most bi-encoders end in. */
export const normalizeText: NormalizeModule = {
  kind: "normalize",
  input: textVector,
  output: textVector,
};
