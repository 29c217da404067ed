import { existsSync } from "node:fs";
import { RetrievalError } from "../errors.ts";
import { quantize } from "./quantize.ts";
import type { TokenEncoder } from "./token-encoder.ts";
import { VectorFile, writeVectors, type NewVectors } from "./vector-file.ts";

/** Options of one `store` call. */
export interface StoreOptions {
  /** Ends the call with the signal's reason; the file is then as it was. */
  readonly signal?: AbortSignal | undefined;
  /** Called after each group of texts, with the number of texts so far. */
  readonly onProgress?: ((progress: { readonly stored: number }) => void) | undefined;
}

interface StoreTarget extends StoreOptions {
  readonly path: string;
  /** What the vectors depend on. */
  readonly settings: string;
  readonly encoder: TokenEncoder;
}

/** Writes the vectors of the texts to a file; those that an older file has are copied. */
export async function storeVectors(
  texts: readonly string[],
  { path, settings, encoder, signal, onProgress }: StoreTarget,
): Promise<void> {
  const old = await openIfSame(path, settings);
  const unique = [...new Set(texts)];
  async function* all(): AsyncGenerator<NewVectors> {
    for (let start = 0; start < unique.length; start += textsAtOnce) {
      signal?.throwIfAborted();
      const group = unique.slice(start, start + textsAtOnce);
      yield* await vectorsOf(group, encoder, old, signal);
      onProgress?.({ stored: start + group.length });
    }
    signal?.throwIfAborted();
  }
  try {
    await writeVectors(path, settings, all());
  } finally {
    await old?.close();
  }
}

/** How many texts are encoded together, and kept in memory. */
const textsAtOnce = 64;

/** The vectors of each text, from the old file or from the model. */
async function vectorsOf(
  texts: readonly string[],
  encoder: TokenEncoder,
  old: VectorFile | undefined,
  signal: AbortSignal | undefined,
): Promise<NewVectors[]> {
  const known = (await old?.read(texts)) ?? [];
  const missing = texts.filter((_each, index) => known[index] === undefined);
  const found: NewVectors[] = texts.flatMap((each, index) => {
    const vectors = known[index];
    return vectors ? [{ ...vectors, text: each }] : [];
  });
  await encoder.encode(missing, {
    signal,
    onVectors: (index, { values, width, truncatedTokens }) => {
      const vectors = quantize(values, width);
      if (!vectors.scales.every((scale) => Number.isFinite(scale))) throw notFinite();
      found.push({ ...vectors, truncatedTokens, text: missing[index] ?? "" });
    },
    onFailure: (_index, error) => {
      throw error;
    },
  });
  signal?.throwIfAborted();
  return found;
}

function notFinite(): RetrievalError {
  return new RetrievalError(
    "model-mismatch",
    'Expected finite numbers in a token vector, got NaN or infinity: pass another `dtype`, such as "fp32".',
  );
}

/** The old file if its vectors can be kept; `undefined` if there is none, or another model made it. */
async function openIfSame(path: string, settings: string): Promise<VectorFile | undefined> {
  if (!existsSync(path)) return undefined;
  try {
    const file = await VectorFile.open(path);
    if (file.settings === settings) return file;
    await file.close();
  } catch (error) {
    if (!(error instanceof RetrievalError) || error.code !== "index-mismatch") throw error;
  }
  return undefined;
}
