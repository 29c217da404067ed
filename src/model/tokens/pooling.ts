/**
 * How token vectors become one vector. `cls` takes the first and `lasttoken` the last; `max` and `mean` combine all
 * in each dimension; `mean_sqrt_len_tokens` divides their sum by the square root of their number; in `weightedmean`
 * the n-th token has the weight n.
 *
 * @see `Pooling` of sentence-transformers, whose names these are
 */
export type Pooling =
  | "cls"
  | "max"
  | "mean"
  | "mean_sqrt_len_tokens"
  | "weightedmean"
  | "lasttoken";

export const poolingModes: readonly Pooling[] = [
  "cls",
  "max",
  "mean",
  "mean_sqrt_len_tokens",
  "weightedmean",
  "lasttoken",
];

/** Which modes to concatenate, and which tokens to pool. */
export interface PoolingSettings {
  readonly modes: readonly Pooling[];
  /** Whether the tokens of the prompt count. */
  readonly includesPrompt: boolean;
}

/** Vectors of `width` numbers, one after the other. */
export interface Vectors {
  readonly values: Float32Array;
  readonly width: number;
}

/** Token vectors `[rows, length, width]`, and which tokens of each row count. */
export interface TokenVectors extends Vectors {
  /** Tokens of a row with padding, which is at the end. */
  readonly length: number;
  /** Tokens of each row without padding. */
  readonly counts: Int32Array;
  /** Tokens of the prompt at the beginning of each row. */
  readonly prompts: Int32Array;
}

/**
 * Turns the token vectors of each row into one vector. A row whose tokens are all of the prompt is pooled as by
 * sentence-transformers: 0 for a mean and the last token, the first token, or -Infinity for the maximum.
 *
 * @see `Pooling` of sentence-transformers
 */
export function poolRows(
  { modes, includesPrompt }: PoolingSettings,
  { values, width, length, counts, prompts }: TokenVectors,
): Vectors {
  const rows = counts.length;
  const pooled = new Float32Array(rows * modes.length * width);
  for (let row = 0; row < rows; row++) {
    const end = counts[row] ?? 0;
    const first = includesPrompt ? 0 : Math.min(prompts[row] ?? 0, end);
    const tokens = values.subarray(row * length * width, (row * length + end) * width);
    for (const [place, mode] of modes.entries()) {
      const start = (row * modes.length + place) * width;
      pooled.set(poolers[mode]({ tokens, width, first, end }), start);
    }
  }
  return { values: pooled, width: modes.length * width };
}

/** The tokens of one row, of which those from `first` to before `end` count. */
interface RowTokens {
  readonly tokens: Float32Array;
  readonly width: number;
  readonly first: number;
  readonly end: number;
}

const poolers: Readonly<Record<Pooling, (row: RowTokens) => ArrayLike<number>>> = {
  cls: ({ tokens, width, first, end }) => vectorAt(tokens, width, first < end ? first : 0),
  lasttoken: ({ tokens, width, first, end }) =>
    first < end ? vectorAt(tokens, width, end - 1) : new Float32Array(width),
  max: ({ tokens, width, first, end }) => {
    const most = new Float32Array(width).fill(-Infinity);
    for (let token = first; token < end; token++) {
      for (let i = 0; i < width; i++) {
        most[i] = Math.max(most[i] ?? 0, tokens[token * width + i] ?? 0);
      }
    }
    return most;
  },
  mean: (row) =>
    weightedSum(
      row,
      () => 1,
      (total) => total,
    ),
  mean_sqrt_len_tokens: (row) => weightedSum(row, () => 1, Math.sqrt),
  weightedmean: (row) =>
    weightedSum(
      row,
      (token) => token + 1,
      (total) => total,
    ),
};

function vectorAt(tokens: Float32Array, width: number, token: number): Float32Array {
  return tokens.subarray(token * width, (token + 1) * width);
}

/** The sum of the vectors, each times its weight, divided by a function of the sum of the weights. */
function weightedSum(
  { tokens, width, first, end }: RowTokens,
  weightOf: (token: number) => number,
  divisorOf: (total: number) => number,
): Float64Array {
  const sum = new Float64Array(width);
  let total = 0;
  for (let token = first; token < end; token++) {
    const weight = weightOf(token);
    total += weight;
    for (let i = 0; i < width; i++) {
      sum[i] = (sum[i] ?? 0) + weight * (tokens[token * width + i] ?? 0);
    }
  }
  const divisor = divisorOf(Math.max(total, 1e-9));
  return sum.map((each) => each / divisor);
}

/** Scales each vector to the Euclidean length 1. */
export function normalizeVectors({ values, width }: Vectors): Vectors {
  const output = new Float32Array(values.length);
  for (let start = 0; start < values.length; start += width) {
    const vector = values.subarray(start, start + width);
    const squares = vector.reduce((sum, value) => sum + value * value, 0);
    const length = Math.max(Math.sqrt(squares), 1e-12);
    for (let i = 0; i < width; i++) output[start + i] = (vector[i] ?? 0) / length;
  }
  return { values: output, width };
}
