import { Embeddings } from "@langchain/core/embeddings";
import { Breather } from "../breather.ts";
import type { VectorOrigin } from "../documents/vector-origin.ts";
import { requireString, requireStrings, RetrievalError } from "../errors.ts";
import { packText, type PackingOptions } from "../model/tokens/packing.ts";
import { normalizeVectors, poolingModes, poolRows, type Pooling } from "../model/tokens/pooling.ts";
import {
  boolean,
  choice,
  required,
  string,
  text as nonEmpty,
  wholeNumber,
} from "../option-rules.ts";
import { requireOptions, type OptionRules } from "../options.ts";
import type { LoadedModel } from "./loaded-model.ts";

/** How a bi-encoder of transformers.js makes vectors, as its model card says. */
export interface TransformersEmbeddingsOptions {
  /**
   * The model's name. A collection of `openChroma` records it and refuses embeddings with another
   * one. @defaultValue none: a collection then compares only `pooling` and `normalize`
   */
  readonly name?: string | undefined;
  /** How token vectors become one vector: transformers.js does not read it from the model's files. */
  readonly pooling: Pooling;
  /** Whether to scale vectors to length 1. @defaultValue true */
  readonly normalize?: boolean | undefined;
  /** Prepended to queries, never to documents. @defaultValue "" */
  readonly queryPrefix?: string | undefined;
  /**
   * Length of the window in tokens, at least 1 and at most the size of the model's position table. Many
   * bi-encoders were trained with a shorter one. @defaultValue what the tokenizer and the model state, at most
   * 8192
   */
  readonly maxTokens?: number | undefined;
}

const transformersEmbeddingsOptionRules: OptionRules<TransformersEmbeddingsOptions> = {
  name: nonEmpty,
  pooling: required(choice(...poolingModes)),
  normalize: boolean,
  queryPrefix: string,
  maxTokens: wholeNumber(1),
};

/** Embeds texts one at a time, so that a vector never depends on other texts. */
export class TransformersEmbeddings extends Embeddings {
  readonly model: string | undefined;
  readonly #model: LoadedModel;
  readonly #packing: PackingOptions;
  readonly #pooling: Pooling;
  readonly #isNormalized: boolean;
  readonly #queryPrefix: string;

  constructor(model: LoadedModel, options: TransformersEmbeddingsOptions) {
    super({});
    const {
      name,
      pooling,
      normalize = true,
      queryPrefix = "",
      maxTokens,
    } = requireOptions("embeddings", options, transformersEmbeddingsOptionRules);
    this.model = name;
    this.#model = model;
    this.#packing = model.packing(maxTokens, "longest-first");
    this.#pooling = pooling;
    this.#isNormalized = normalize;
    this.#queryPrefix = queryPrefix;
  }

  /**
   * What makes the vectors of documents, for a collection to compare. The pooling is always stated, because the
   * model's own is not known.
   */
  async vectorOrigin(): Promise<VectorOrigin> {
    const settings = {
      pooling: this.#pooling,
      ...(this.#isNormalized ? {} : { normalize: false }),
    };
    return { model: this.model, settings };
  }

  /** Returns one vector for each text, in the order of the texts. */
  override async embedDocuments(texts: string[]): Promise<number[][]> {
    requireStrings("texts", texts);
    const vectors: number[][] = [];
    const breather = new Breather();
    for (const text of texts) {
      vectors.push(await this.#embed(text));
      if (breather.isDue) await breather.pause();
    }
    return vectors;
  }

  /** Returns the vector of a query, which includes the prefix. */
  override async embedQuery(text: string): Promise<number[]> {
    requireString("text", text);
    return this.#embed(this.#queryPrefix + text);
  }

  async #embed(text: string): Promise<number[]> {
    const packed = packText(Int32Array.from(this.#model.encode(text)), this.#packing);
    const names = ["last_hidden_state", "token_embeddings"];
    const { values, dims } = await this.#model.run(packed, names, noVectors);
    const { length } = packed.ids;
    if (dims.length === 3 && dims[1] === length) {
      const pooled = poolRows(
        { modes: [this.#pooling], includesPrompt: true },
        {
          values,
          width: dims[2] ?? 0,
          length,
          counts: Int32Array.of(length),
          prompts: Int32Array.of(0),
        },
      );
      return Array.from((this.#isNormalized ? normalizeVectors(pooled) : pooled).values);
    }
    throw new RetrievalError(
      "model-mismatch",
      `Expected one vector for each of ${length} tokens, got the shape [${dims.join(", ")}]: ${noVectors}.`,
    );
  }
}

const noVectors =
  "load a bi-encoder with AutoModel.from_pretrained, or use scorer() for a cross-encoder";
