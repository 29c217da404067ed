import { RetrievalError } from "../errors.ts";

/** How a model's vectors are shortened. */
export interface Shortening {
  /** How many leading components remain. */
  readonly dimensions: number;
  /** Subtracts the mean of all components first, as a layer norm without weights does up to a factor. */
  readonly isCentered: boolean;
}

/**
 * Keeps the leading components of a vector; one that had length 1 has it again. A model that was trained with
 * Matryoshka representation learning puts most of a text's meaning there; any other model loses much more.
 * Cosine similarities are those of sentence-transformers' `truncate_dim`, which leaves vectors shorter than 1.
 *
 * @throws `invalid-option` if the vector has fewer components
 * @see Kusupati et al., Matryoshka Representation Learning (NeurIPS 2022), https://arxiv.org/abs/2205.13147
 */
export function shortenVector(
  vector: Float32Array,
  { dimensions, isCentered }: Shortening,
): Float32Array {
  requireWidth(dimensions, vector.length);
  if (dimensions === vector.length) return vector;
  const mean = isCentered ? vector.reduce((sum, value) => sum + value, 0) / vector.length : 0;
  const kept = vector.slice(0, dimensions).map((value) => value - mean);
  const length = lengthOf(kept);
  return hasLengthOne(vector) && length > 0 ? kept.map((value) => value / length) : kept;
}

/** Tolerance for the rounding of half precision. */
function hasLengthOne(vector: Float32Array): boolean {
  return Math.abs(lengthOf(vector) - 1) < 0.01;
}

function lengthOf(vector: Float32Array): number {
  return Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
}

/** Refuses more dimensions than a model's vectors have. */
export function requireWidth(dimensions: number, width: number): void {
  if (dimensions <= width) return;
  throw new RetrievalError(
    "invalid-option",
    `Expected \`dimensions\` to be at most ${width}, the dimensions of this model, got ${dimensions}.`,
  );
}
