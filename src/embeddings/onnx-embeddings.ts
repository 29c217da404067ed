import { realpathSync } from "node:fs";
import { abortSignal, callback, choice, string, wholeNumber } from "../option-rules.ts";
import { Embeddings } from "@langchain/core/embeddings";
import { untilAborted } from "../abort.ts";
import type { VectorOrigin } from "../documents/vector-origin.ts";
import { requireString, requireStrings, RetrievalError } from "../errors.ts";
import { requireOptions, type OptionRules } from "../options.ts";
import { canonicalName, requireKind } from "../model/files/model-catalog.ts";
import type { BiEncoderRow } from "../model/files/model-row.ts";
import { locateModel } from "../model/files/model-files.ts";
import { headOf } from "../model/files/model-head.ts";
import { ModelLease } from "../model/model-lease.ts";
import {
  onnxModelOptionRules,
  type ModelInfo,
  type OnnxModel,
  type OnnxModelOptions,
} from "../model/onnx-model.ts";
import { packPrompted, packText } from "../model/tokens/packing.ts";
import { poolingModes, type Pooling } from "../model/tokens/pooling.ts";
import { requireWidth, shortenVector } from "./shorten-vector.ts";
import { chunksOf, requireIterable } from "./text-chunks.ts";

/** Which bi-encoder to run, where to run it, and how to pool its token vectors. */
export interface OnnxEmbeddingsOptions extends Omit<OnnxModelOptions, "model"> {
  /** A name from the catalogue, `owner/name` on the hub, or a folder. @defaultValue "BAAI/bge-large-en-v1.5" */
  readonly model?: string | undefined;
  /**
   * Length of the window in tokens, at least 1 and at most the size of the model's position
   * table. @defaultValue the model's own
   */
  readonly maxTokens?: number | undefined;
  /** How token vectors become one vector. @defaultValue what the catalogue or the model's files say */
  readonly pooling?: Pooling | undefined;
  /** Prepended to queries, never to documents. @defaultValue the model's own prompt for queries */
  readonly queryPrefix?: string | undefined;
  /**
   * Prepended to documents, never to queries. Index again after a change. @defaultValue the model's own prompt
   * for documents
   */
  readonly documentPrefix?: string | undefined;
  /**
   * How many leading components of each vector to keep, at least 1, for models trained to be shortened
   * (Matryoshka); the vectors then have length 1 again if they had it before. Index again after a
   * change. @defaultValue all
   */
  readonly dimensions?: number | undefined;
}

const onnxEmbeddingsOptionRules: OptionRules<OnnxEmbeddingsOptions> = {
  ...onnxModelOptionRules,
  maxTokens: wholeNumber(1),
  pooling: choice(...poolingModes),
  queryPrefix: string,
  documentPrefix: string,
  dimensions: wholeNumber(1),
};

/** Options of one `embedStream` call. */
export interface EmbedStreamOptions {
  /** Ends the stream with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Called when further vectors are ready, with the number of vectors so far. */
  readonly onProgress?: ((progress: { readonly embedded: number }) => void) | undefined;
}

const embedStreamOptionRules: OptionRules<EmbedStreamOptions> = {
  signal: abortSignal,
  onProgress: callback,
};

/**
 * LangChain embeddings from a bi-encoder run by ONNX Runtime in worker threads. Pooling, normalisation and the
 * prompts of queries and documents are those the model was trained with, and the vectors equal those of
 * sentence-transformers.
 * Vectors come back in the order of the texts; a text's vector does not depend on the other texts.
 *
 * @example
 * ```ts
 * import { OnnxEmbeddings } from "langchain-rerank";
 *
 * await using embeddings = new OnnxEmbeddings({ model: "BAAI/bge-large-en-v1.5" });
 * const query = await embeddings.embedQuery("How does LoRA reduce memory?");
 * const [passage = []] = await embeddings.embedDocuments(["LoRA trains two small matrices."]);
 * // The vectors have length 1, so their dot product is the cosine similarity.
 * console.log(query.reduce((sum, value, index) => sum + value * (passage[index] ?? 0), 0));
 * ```
 */
export class OnnxEmbeddings extends Embeddings {
  /** The model's full name, even if it was requested by an alias. */
  readonly model: string;
  readonly #row: BiEncoderRow | undefined;
  readonly #pooling: Pooling | undefined;
  readonly #lease: ModelLease;
  readonly #maxTokens: number | undefined;
  readonly #queryPrefix: string | undefined;
  readonly #documentPrefix: string | undefined;
  readonly #dimensions: number | undefined;
  readonly #isCentered: boolean;
  /** How many components the model's vectors have; `undefined` before the first one. */
  #width: number | undefined;

  constructor(given: OnnxEmbeddingsOptions = {}) {
    super({});
    const {
      model = "BAAI/bge-large-en-v1.5",
      maxTokens,
      pooling,
      queryPrefix,
      documentPrefix,
      dimensions,
      ...options
    } = requireOptions("OnnxEmbeddings", given, onnxEmbeddingsOptionRules);
    const row = requireKind(model, "bi-encoder");
    if (row && dimensions !== undefined) requireWidth(dimensions, row.dimensions);
    this.model = canonicalName(model);
    this.#row = row;
    this.#pooling = pooling;
    this.#maxTokens = maxTokens;
    this.#queryPrefix = queryPrefix;
    this.#documentPrefix = documentPrefix;
    this.#dimensions = dimensions;
    this.#isCentered = row?.isCenteredToShorten ?? false;
    this.#lease = new ModelLease({ ...options, model }, `embed ${pooling}`, (files) =>
      headOf("embed", files, pooling),
    );
  }

  /** Returns one vector for each document, in their order; each text includes the model's document prompt. */
  override async embedDocuments(texts: string[]): Promise<number[][]> {
    const vectors = await this.#embed(texts, "document");
    return vectors.map((vector) => Array.from(vector));
  }

  /**
   * Yields one vector for each document, in their order, as `embedDocuments` does, for input of any length.
   * Keeps a few hundred texts and vectors in memory, and reads the next texts only when there is room for them.
   *
   * @throws the signal's reason if the signal is aborted; `invalid-input` if an element is not a string
   */
  async *embedStream(
    texts: Iterable<string> | AsyncIterable<string>,
    options: EmbedStreamOptions = {},
  ): AsyncGenerator<Float32Array, void, undefined> {
    const { signal, onProgress } = requireOptions("embedStream", options, embedStreamOptionRules);
    requireIterable(texts);
    const left = new AbortController();
    const underWay: Promise<Float32Array[]>[] = [];
    let embedded = 0;
    try {
      for await (const chunk of chunksOf(texts, textsAtOnce)) {
        const embedding = untilAborted(this.#embed(chunk, "document", left.signal), signal);
        embedding.catch(() => undefined); // Awaited later, or never if an earlier one fails.
        underWay.push(embedding);
        if (underWay.length < chunksAtOnce) continue;
        const vectors = (await underWay.shift()) ?? [];
        onProgress?.({ embedded: (embedded += vectors.length) });
        yield* vectors;
      }
      for (const embedding of underWay) {
        const vectors = await embedding;
        onProgress?.({ embedded: (embedded += vectors.length) });
        yield* vectors;
      }
    } finally {
      left.abort(); // Ends the work if the caller stops reading.
    }
  }

  /** Returns the vector of a query, which includes the model's query prompt. */
  override async embedQuery(text: string): Promise<number[]> {
    requireString("text", text);
    const [vector = []] = await this.#embed([text], "query");
    return Array.from(vector);
  }

  async #embed(
    texts: readonly string[],
    role: "query" | "document",
    signal?: AbortSignal,
  ): Promise<Float32Array[]> {
    requireStrings("texts", texts);
    if (texts.length === 0) return [];
    const model = await this.#lease.model();
    const { settings } = model;
    const prompt =
      role === "query"
        ? (this.#queryPrefix ?? settings.queryPrefix)
        : (this.#documentPrefix ?? settings.documentPrefix);
    const packing = model.packing(this.#maxTokens);
    const vectors = texts.map((): Float32Array => new Float32Array());
    await model.run({
      texts: prompt === "" ? texts : texts.map((text) => prompt + text),
      signal,
      query: prompt === "" ? undefined : prompt,
      pack: (tokens, promptTokens) =>
        prompt === "" ? packText(tokens, packing) : packPrompted(tokens, promptTokens, packing),
      onRow: (index, row) => {
        requireNumbers(row, model);
        this.#width = row.length;
        vectors[index] = shortenVector(row.slice(), {
          dimensions: this.#dimensions ?? row.length,
          isCentered: this.#isCentered,
        });
      },
      onFailure: (_index, error) => {
        throw error;
      },
    });
    return vectors;
  }

  /**
   * What makes the vectors of documents, for a collection to compare. The settings are the options
   * `dimensions`, `documentPrefix` and `pooling`, where they differ from the model's own. Loads a model outside
   * the catalogue if one of them is given.
   *
   * @throws `model-not-found` if there is no such model
   */
  async vectorOrigin(): Promise<VectorOrigin> {
    const given = Object.entries({
      dimensions: this.#dimensions,
      documentPrefix: this.#documentPrefix,
      pooling: this.#pooling,
    }).filter(([, value]) => value !== undefined);
    const own = given.length === 0 ? {} : await this.#ownSettings();
    const settings = given.flatMap(([name, value]) =>
      value === undefined || value === own[name] ? [] : [[name, value] as const],
    );
    return {
      model: this.#row ? this.model : nameOf(this.model),
      settings: Object.fromEntries(settings),
    };
  }

  async #ownSettings(): Promise<Readonly<Record<string, unknown>>> {
    if (this.#row?.pooling !== undefined) return { ...this.#row };
    if (this.#dimensions !== undefined) await this.#embed(["a"], "document"); // Only a vector tells its width.
    const { chain, documentPrefix } = (await this.#lease.model()).settings;
    const modes = chain.flatMap((module) => (module.kind === "pooling" ? module.modes : []));
    return {
      dimensions: this.#width,
      documentPrefix,
      pooling: modes.length === 1 ? modes[0] : undefined,
    };
  }

  /** Loads the model if necessary and returns its settings. */
  async info(): Promise<ModelInfo> {
    const info = await (await this.#lease.model()).info();
    return { ...info, maxTokens: this.#maxTokens ?? info.maxTokens };
  }

  /** Ends the workers, unless another instance shares them. */
  async dispose(): Promise<void> {
    await this.#lease.release();
  }

  /** Calls `dispose` at the end of an `await using` block. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.dispose();
  }
}

/** Number of texts of a stream that are embedded together, so that texts of similar length share a run. */
const textsAtOnce = 256;
/** Keeps the workers busy while the caller reads the vectors of the previous chunk. */
const chunksAtOnce = 2;

/** Some graphs overflow in half precision, and their vectors would match nothing. */
function requireNumbers(row: Float32Array, { dtype, provider }: OnnxModel): void {
  if (row.every((value) => Number.isFinite(value))) return;
  const remedy =
    dtype === "fp32"
      ? "delete the model's files and fetch them again, or use another model"
      : 'pass another `dtype`, such as "fp32"';
  throw new RetrievalError(
    "model-mismatch",
    `Expected finite numbers in a vector of a ${dtype} graph on ${provider}, got NaN or infinity: ${remedy}.`,
  );
}

/** A folder by its absolute path without links, so that it always has the same name; else the name itself. */
function nameOf(model: string): string {
  const { folder } = locateModel(model);
  return folder === undefined ? model : realpathSync(folder);
}
