import { abortSignal, callback, choice, string, wholeNumber } from "../option-rules.ts";
import { Embeddings } from "@langchain/core/embeddings";
import { untilAborted } from "../abort.ts";
import { describe, requireString, requireStrings, RetrievalError } from "../errors.ts";
import { requireOptions, type OptionRules } from "../options.ts";
import { findModel, requireKind, type Pooling } from "../model/files/model-catalog.ts";
import { ModelLease } from "../model/model-lease.ts";
import type { ModelSettings } from "../model/files/model-settings.ts";
import {
  onnxModelOptionRules,
  type ModelInfo,
  type OnnxModelOptions,
} from "../model/onnx-model.ts";
import { packText } from "../model/tokens/packing.ts";
import type { Head } from "../model/workers/worker-messages.ts";

export interface OnnxEmbeddingsOptions extends Omit<OnnxModelOptions, "model"> {
  /** A name of the catalogue, `owner/name` on the hub, or a folder. @defaultValue "BAAI/bge-large-en-v1.5" */
  readonly model?: string | undefined;
  /** Window in tokens, at most what the model's position table allows. @defaultValue the model's own */
  readonly maxTokens?: number | undefined;
  /** How token vectors become one vector. @defaultValue what the catalogue or `1_Pooling/config.json` says */
  readonly pooling?: Pooling | undefined;
  /** Put before queries, never before documents. @defaultValue the model's own instruction */
  readonly queryPrefix?: string | undefined;
}

const onnxEmbeddingsOptionRules: OptionRules<OnnxEmbeddingsOptions> = {
  ...onnxModelOptionRules,
  maxTokens: wholeNumber(1),
  pooling: choice("mean", "cls"),
  queryPrefix: string,
};

export interface EmbedStreamOptions {
  /** Ends the stream with its reason. */
  readonly signal?: AbortSignal | undefined;
  /** Called when further vectors are ready, with the number of those there were. */
  readonly onProgress?: ((progress: { readonly embedded: number }) => void) | undefined;
}

const embedStreamOptionRules: OptionRules<EmbedStreamOptions> = {
  signal: abortSignal,
  onProgress: callback,
};

/**
 * LangChain embeddings from a bi-encoder run by ONNX Runtime in worker threads: pooling, normalisation
 * and query instruction as the model was trained, equal to sentence-transformers. Vectors come back in
 * the order of the texts; one text's vector does not depend on the others.
 */
export class OnnxEmbeddings extends Embeddings {
  /** The model's full name, however it was asked for: vectors of equal names can be compared. */
  readonly model: string;
  readonly #lease: ModelLease;
  readonly #maxTokens: number | undefined;
  readonly #queryPrefix: string | undefined;

  constructor(given: OnnxEmbeddingsOptions = {}) {
    super({});
    const {
      model = "BAAI/bge-large-en-v1.5",
      maxTokens,
      pooling,
      queryPrefix,
      ...options
    } = requireOptions("OnnxEmbeddings", given, onnxEmbeddingsOptionRules);
    requireKind(model, "bi-encoder");
    this.model = findModel(model)?.names[0] ?? model;
    this.#maxTokens = maxTokens;
    this.#queryPrefix = queryPrefix;
    this.#lease = new ModelLease({ ...options, model }, `embed ${pooling}`, (settings) =>
      headOf(model, settings, pooling),
    );
  }

  /** One vector for each text, in the order of the texts. */
  override async embedDocuments(texts: string[]): Promise<number[][]> {
    const vectors = await this.#embed(texts);
    return vectors.map((vector) => Array.from(vector));
  }

  /**
   * Vectors of as many texts as come, in their order, with a few hundred texts and vectors in memory at
   * a time. A text is asked for when there is room for it.
   *
   * @throws the signal's reason where it is aborted; `invalid-input` for what is no text
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
        const embedding = untilAborted(this.#embed(chunk, left.signal), signal);
        embedding.catch(() => undefined); // Awaited in its turn, or never where another failed first.
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
      left.abort(); // Whoever stops to listen stops the work.
    }
  }

  /** The vector of a query, with the model's query instruction before it. */
  override async embedQuery(text: string): Promise<number[]> {
    requireString("text", text);
    const { settings } = await this.#lease.model();
    const prefix = this.#queryPrefix ?? settings.queryPrefix;
    const [vector = []] = await this.embedDocuments([prefix + text]);
    return vector;
  }

  async #embed(texts: readonly string[], signal?: AbortSignal): Promise<Float32Array[]> {
    requireStrings("texts", texts);
    if (texts.length === 0) return [];
    const model = await this.#lease.model();
    const packing = model.packing(this.#maxTokens);
    const vectors = texts.map(() => new Float32Array());
    await model.run({
      texts,
      signal,
      pack: (tokens) => packText(tokens, packing),
      onRow: (index, row) => {
        vectors[index] = row.slice();
      },
      onFailure: (_index, error) => {
        throw error;
      },
    });
    return vectors;
  }

  /** Loads the model if need be, and tells what is really in use. */
  async info(): Promise<ModelInfo> {
    const info = await (await this.#lease.model()).info();
    return { ...info, maxTokens: this.#maxTokens ?? info.maxTokens };
  }

  /** Ends the workers, unless another instance shares them. */
  async dispose(): Promise<void> {
    await this.#lease.release();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.dispose();
  }
}

/** Texts of a stream that are embedded together, so that those of similar length meet. */
const textsAtOnce = 256;
/** The workers have the next texts while a caller reads the last ones' vectors. */
const chunksAtOnce = 2;

async function* chunksOf(
  texts: Iterable<string> | AsyncIterable<string>,
  size: number,
): AsyncGenerator<string[], void, undefined> {
  let chunk: string[] = [];
  for await (const text of texts) {
    chunk.push(text);
    if (chunk.length < size) continue;
    yield chunk;
    chunk = [];
  }
  if (chunk.length > 0) yield chunk;
}

/** A string is refused, too: its characters would pass for texts. */
function requireIterable(texts: unknown): void {
  const found: object = Object(texts);
  const isIterable = Symbol.iterator in found || Symbol.asyncIterator in found;
  if (isIterable && typeof texts !== "string") return;
  throw new RetrievalError(
    "invalid-input",
    `Expected \`texts\` to be an iterable of strings, such as an array, got ${describe(texts)}.`,
  );
}

function headOf(model: string, settings: ModelSettings, wanted: Pooling | undefined): Head {
  const pooling = wanted ?? settings.pooling;
  if (pooling === undefined) {
    throw new RetrievalError(
      "model-mismatch",
      `Neither the catalogue nor 1_Pooling/config.json says how ${model} pools its tokens: pass \`pooling: "mean"\` or \`"cls"\`, as its model card says.`,
    );
  }
  return { kind: "embed", pooling, isNormalized: settings.isNormalized };
}
