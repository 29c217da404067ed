/** How token vectors become one vector: their mean, or the vector of the first token. */
export type Pooling = "mean" | "cls";

/** How to turn token vectors into one vector, and whether to scale it to length 1. */
export interface PoolingSettings {
  readonly pooling: Pooling;
  readonly isNormalized: boolean;
}

/**
 * Turns token vectors `[rows, length, width]` into one vector per row: that of the first token (`cls`), or the
 * mean over the row's tokens without padding. L2-normalises the vectors if the head says so.
 *
 * @see `Pooling` and `Normalize` of sentence-transformers
 */
export function poolRows(
  tokens: Float32Array,
  [rows = 0, length = 0, width = 0]: readonly number[],
  ends: Int32Array,
  { pooling, isNormalized }: PoolingSettings,
): { readonly values: Float32Array; readonly width: number } {
  const values = new Float32Array(rows * width);
  for (let row = 0; row < rows; row++) {
    const own = (ends[row] ?? 0) - (ends[row - 1] ?? 0);
    const counted = pooling === "cls" ? 1 : own;
    const vector = new Float64Array(width);
    for (let token = 0; token < counted; token++) {
      const start = (row * length + token) * width;
      for (let i = 0; i < width; i++) vector[i] = (vector[i] ?? 0) + (tokens[start + i] ?? 0);
    }
    const scale = isNormalized
      ? 1 / (Math.sqrt(vector.reduce((sum, x) => sum + x * x, 0)) || 1)
      : 1 / counted;
    for (let i = 0; i < width; i++) values[row * width + i] = (vector[i] ?? 0) * scale;
  }
  return { values, width };
}
