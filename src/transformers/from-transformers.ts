import type { Embeddings } from "@langchain/core/embeddings";
import { describe, RetrievalError } from "../errors.ts";
import type { PairScorer } from "../ranking/pair-scorer.ts";
import { LoadedModel, type TransformersModel, type TransformersTokenizer } from "./loaded-model.ts";
import {
  TransformersEmbeddings,
  type TransformersEmbeddingsOptions,
} from "./transformers-embeddings.ts";
import { TransformersScorer, type TransformersScorerOptions } from "./transformers-scorer.ts";

/** What a model of transformers.js can be used as. The model stays yours: dispose of it yourself. */
export interface FromTransformers {
  /**
   * A scorer for a cross-encoder, loaded by `AutoModelForSequenceClassification`. Scores are logits; for a model
   * with two labels, the second minus the first.
   */
  scorer(options?: TransformersScorerOptions): PairScorer;
  /** LangChain embeddings from a bi-encoder, loaded by `AutoModel`. */
  embeddings(options: TransformersEmbeddingsOptions): Embeddings;
}

/**
 * Uses a model that transformers.js has loaded, in Node, Bun, Deno or a browser, on any device that
 * transformers.js supports. Pairs are packed and truncated by this package, so that the query and the separators
 * survive. The model runs where transformers.js runs it: on a CPU, that is the calling thread.
 *
 * @throws `invalid-option` if an argument is not a tokenizer or a model; `model-mismatch` if the tokenizer does
 * not frame pairs
 *
 * @example
 * ```ts
 * import { AutoModelForSequenceClassification, AutoTokenizer } from "@huggingface/transformers";
 * import { Document } from "@langchain/core/documents";
 * import { CrossEncoderReranker } from "langchain-rerank";
 * import { fromTransformers } from "langchain-rerank/transformers";
 *
 * const name = "Xenova/ms-marco-MiniLM-L-6-v2";
 * const tokenizer = await AutoTokenizer.from_pretrained(name);
 * const model = await AutoModelForSequenceClassification.from_pretrained(name, { dtype: "q8" });
 * const scorer = fromTransformers(tokenizer, model).scorer({ name });
 * const reranker = new CrossEncoderReranker({ scorer });
 * const [best] = await reranker.rerank("How does LoRA reduce memory?", [
 *   new Document({ pageContent: "Paris is the capital of France." }),
 *   new Document({ pageContent: "LoRA trains two small matrices." }),
 * ]);
 * console.log(best?.metadata.relevanceScore, best?.pageContent);
 * ```
 */
export function fromTransformers(
  tokenizer: TransformersTokenizer,
  model: TransformersModel,
): FromTransformers {
  requireLoaded("tokenizer", tokenizer, isTokenizer);
  requireLoaded("model", model, isModel);
  const loaded = new LoadedModel(tokenizer, model);
  return {
    scorer: (options = {}) => new TransformersScorer(loaded, options),
    embeddings: (options) => new TransformersEmbeddings(loaded, options),
  };
}

/** Everything that transformers.js loads is a function: its members tell which kind it is. */
const isTokenizer = (value: unknown): boolean => hasMember(value, "model_max_length");
const isModel = (value: unknown): boolean => hasMember(value, "forward");
const isPipeline = (value: unknown): boolean => hasMember(value, "task");

function hasMember(value: unknown, member: string): boolean {
  return typeof value === "function" && member in value;
}

function requireLoaded(
  name: keyof typeof loaders,
  value: unknown,
  isOfKind: (value: unknown) => boolean,
): void {
  if (isOfKind(value)) return;
  const kinds = [
    [isPipeline, `a pipeline: pass its \`${name}\``],
    [isTokenizer, "a tokenizer: pass the tokenizer first, then the model"],
    [isModel, "a model: pass the tokenizer first, then the model"],
  ] as const;
  const got = kinds.find(([isKind]) => isKind(value))?.[1] ?? describe(value);
  throw new RetrievalError(
    "invalid-option",
    `Expected \`${name}\` to be loaded by \`${loaders[name]}.from_pretrained\` of transformers.js (npm i @huggingface/transformers), got ${got}.`,
  );
}

const loaders = {
  tokenizer: "AutoTokenizer",
  model: "AutoModelForSequenceClassification",
} as const;
