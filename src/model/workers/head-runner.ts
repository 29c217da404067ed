import { basename, dirname } from "node:path";
import { RetrievalError } from "../../errors.ts";
import {
  inputOf,
  outputOf,
  scores,
  textVector,
  tokenVectors,
  type DenseModule,
  type HeadModule,
  type LayerNormModule,
} from "../files/head-modules.ts";
import type { Head } from "../files/model-head.ts";
import { missingWeights } from "../files/module-files.ts";
import { readSafetensors } from "../files/safetensors.ts";
import { excerptOf } from "../../text/printable.ts";
import { normalizeVectors, poolRows, type TokenVectors, type Vectors } from "../tokens/pooling.ts";
import { activations } from "./activations.ts";
import type { RowValues } from "./worker-messages.ts";

/** Runs the modules of a head on token vectors; returns its result for each row. */
export type HeadRunner = (tokens: TokenVectors) => RowValues;

/** Maps the vectors of one feature to those of another. */
type Step = (vectors: Vectors, tokens: TokenVectors) => Vectors;

/**
 * Loads the weights of a head's modules.
 *
 * @throws `model-mismatch` if a tensor is missing or its shape differs from its module's configuration
 */
export async function loadHead({ kind, modules }: Head): Promise<HeadRunner> {
  const steps = await Promise.all(
    modules.map(async (module) => ({
      input: inputOf(module),
      output: outputOf(module) ?? inputOf(module),
      step: await loadStep(module),
    })),
  );
  return (tokens) => {
    const features = new Map<string, Vectors>([[tokenVectors, tokens]]);
    for (const { input, output, step } of steps) {
      const vectors = features.get(input) ?? { values: new Float32Array(), width: 0 };
      features.set(output, step(vectors, tokens));
    }
    const found = features.get(results[kind]) ?? tokens;
    if (kind === "tokens") return withoutPadding(found, tokens);
    if (kind === "embed" || found.width <= 2) return rowsOf(found);
    throw new RetrievalError(
      "model-mismatch",
      `Expected one or two numbers in \`${scores}\` for each text, got ${found.width}: this is a classifier of ${found.width} labels, not a reranker.`,
    );
  };
}

/** The feature that each kind of head ends in. */
const results = {
  score: scores,
  embed: textVector,
  tokens: tokenVectors,
} as const satisfies Record<Head["kind"], string>;

/** Rows of one vector each. */
export function rowsOf({ values, width }: Vectors): RowValues {
  const ends = Int32Array.from({ length: values.length / width }, (_, row) => (row + 1) * width);
  return { values, ends };
}

/** Rows of as many vectors as they have tokens. */
function withoutPadding({ values, width }: Vectors, { length, counts }: TokenVectors): RowValues {
  const ends = new Int32Array(counts.length);
  let end = 0;
  for (const [row, count] of counts.entries()) ends[row] = end += count * width;
  const kept = new Float32Array(end);
  for (const [row, count] of counts.entries()) {
    const start = row * length * width;
    kept.set(values.subarray(start, start + count * width), ends[row - 1] ?? 0);
  }
  return { values: kept, ends };
}

async function loadStep(module: HeadModule): Promise<Step> {
  if (module.kind === "pooling") {
    return (vectors, tokens) => poolRows(module, { ...tokens, ...vectors });
  }
  if (module.kind === "dense") return loadDense(module);
  if (module.kind === "layer-norm") return loadLayerNorm(module);
  return normalizeVectors;
}

async function loadDense(module: DenseModule): Promise<Step> {
  const { inputSize, outputSize, hasBias, isResidual, weights } = module;
  const isProjected = isResidual && inputSize !== outputSize;
  const tensors = await loadTensors(weights, {
    "linear.weight": [outputSize, inputSize],
    ...(hasBias ? { "linear.bias": [outputSize] } : {}),
    ...(isProjected ? { "residual.weight": [outputSize, inputSize] } : {}),
  });
  const matrix = tensors("linear.weight");
  const bias = hasBias ? tensors("linear.bias") : new Float32Array(outputSize);
  const residual = isProjected ? tensors("residual.weight") : undefined;
  const activate = activations[module.activation];
  return ({ values, width }) => {
    requireWidth(module, width, inputSize);
    const count = values.length / inputSize;
    const output = new Float32Array(count * outputSize);
    for (let vector = 0; vector < count; vector++) {
      const x = values.subarray(vector * inputSize, (vector + 1) * inputSize);
      const product = multiply(matrix, x);
      const added = residual ? multiply(residual, x) : x;
      for (let row = 0; row < outputSize; row++) {
        const y = activate((product[row] ?? 0) + (bias[row] ?? 0));
        output[vector * outputSize + row] = isResidual ? y + (added[row] ?? 0) : y;
      }
    }
    return { values: output, width: outputSize };
  };
}

async function loadLayerNorm(module: LayerNormModule): Promise<Step> {
  const { size, weights } = module;
  const tensors = await loadTensors(weights, { "norm.weight": [size], "norm.bias": [size] });
  const [scale, shift] = [tensors("norm.weight"), tensors("norm.bias")];
  return ({ values, width }) => {
    requireWidth(module, width, size);
    const output = new Float32Array(values.length);
    for (let start = 0; start < values.length; start += size) {
      const x = values.subarray(start, start + size);
      const mean = sumOf(x, (each) => each) / size;
      const variance = sumOf(x, (each) => (each - mean) ** 2) / size;
      const factor = 1 / Math.sqrt(variance + layerNormEpsilon);
      for (let i = 0; i < size; i++) {
        output[start + i] = ((x[i] ?? 0) - mean) * factor * (scale[i] ?? 0) + (shift[i] ?? 0);
      }
    }
    return { values: output, width };
  };
}

/** The default of `torch.nn.LayerNorm`. */
const layerNormEpsilon = 1e-5;

function sumOf(values: Float32Array, map: (value: number) => number): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += map(values[i] ?? 0);
  return sum;
}

/**
 * Multiplies a matrix by a vector, four rows at a time, which takes half of the time of one by one. Never reads
 * outside an array: one such read slows down all others.
 */
function multiply(matrix: Float32Array, x: Float32Array): Float64Array {
  const size = x.length;
  const rows = matrix.length / size;
  const product = new Float64Array(rows);
  let row = 0;
  for (; row + 4 <= rows; row += 4) {
    const start = row * size;
    let [a, b, c, d] = [0, 0, 0, 0];
    for (let i = 0; i < size; i++) {
      const value = x[i] ?? 0;
      a += (matrix[start + i] ?? 0) * value;
      b += (matrix[start + size + i] ?? 0) * value;
      c += (matrix[start + 2 * size + i] ?? 0) * value;
      d += (matrix[start + 3 * size + i] ?? 0) * value;
    }
    product[row] = a;
    product[row + 1] = b;
    product[row + 2] = c;
    product[row + 3] = d;
  }
  for (; row < rows; row++) {
    let sum = 0;
    for (let i = 0; i < size; i++) sum += (matrix[row * size + i] ?? 0) * (x[i] ?? 0);
    product[row] = sum;
  }
  return product;
}

/** Reads the tensors of these shapes, and no others, from a file. */
async function loadTensors(
  path: string,
  shapes: Readonly<Record<string, readonly number[]>>,
): Promise<(name: string) => Float32Array> {
  const tensors = await readSafetensors(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") throw missingWeights(dirname(path), basename(path), false);
    throw error;
  });
  const expected = describeShapes(Object.entries(shapes));
  const found = describeShapes([...tensors].map(([name, { shape }]) => [name, shape]));
  if (expected !== found) {
    throw new RetrievalError(
      "model-mismatch",
      `Expected ${expected} in ${path}, as the config.json beside it says, got ${excerptOf(found, 500) || "no tensors"}: use both files from the same model.`,
    );
  }
  return (name) => tensors.get(name)?.values ?? new Float32Array();
}

function describeShapes(shapes: readonly (readonly [string, readonly number[]])[]): string {
  return shapes
    .map(([name, shape]) => `${name} [${shape.join(", ")}]`)
    .toSorted()
    .join(", ");
}

function requireWidth(
  { kind, input }: DenseModule | LayerNormModule,
  width: number,
  size: number,
): void {
  if (width === size) return;
  throw new RetrievalError(
    "model-mismatch",
    `Expected vectors of ${size} numbers in \`${excerptOf(input)}\` for a ${kind} module, got ${width}: the graph does not belong to the modules. Use all files from the same model.`,
  );
}
