import type { Truncation } from "../tokens/packing.ts";
import type { Pooling } from "../tokens/pooling.ts";

interface ModelRow {
  /** The full name first, then aliases; lists show the last one. */
  readonly names: readonly [string, ...string[]];
  /** The repository on the hub with the ONNX files. */
  readonly repository?: string;
  /** A folder of this package's source tree, used if it exists. */
  readonly folder?: string;
  readonly licence: string;
  /** Length of the window in tokens, including special tokens. */
  readonly maxTokens: number;
  /** Number of parameters, to choose a model by. */
  readonly parameters: `${number}M`;
}

/** A model that maps one text to one vector. */
export interface BiEncoderRow extends ModelRow {
  readonly kind: "bi-encoder";
  readonly dimensions: number;
  /** `undefined` if the graph or the model's files have modules that a row cannot describe. */
  readonly pooling?: Pooling;
  readonly isNormalized: boolean;
  /** Prepended to queries. */
  readonly queryPrefix: string;
  /** Prepended to documents. */
  readonly documentPrefix: string;
  /**
   * Whether the mean of a vector's components is subtracted before the vector is shortened. @defaultValue false
   */
  readonly isCenteredToShorten?: boolean;
}

/** A model that reads query and text together. */
export interface CrossEncoderRow extends ModelRow {
  readonly kind: "cross-encoder";
  readonly truncation: Truncation;
  /** Whether the model has a prompt with an instruction. @defaultValue false */
  readonly readsInstruction?: true;
}

/** A model that maps each token of a text to a vector. Its files say everything else. */
export interface MultiVectorRow extends ModelRow {
  readonly kind: "multi-vector";
  readonly dimensions: number;
  /** The graph, whose name is not the usual one. */
  readonly file: string;
}

export type CatalogRow = BiEncoderRow | CrossEncoderRow | MultiVectorRow;
