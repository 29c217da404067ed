import { Breather } from "../breather.ts";
import { requireString, requireStrings, RetrievalError } from "../errors.ts";
import { packPair, type PackingOptions, type Truncation } from "../model/tokens/packing.ts";
import { choice, text, wholeNumber } from "../option-rules.ts";
import { requireOptions, type OptionRules } from "../options.ts";
import { collectScores, type CollectedScores } from "../ranking/collect-scores.ts";
import {
  scoreOptionRules,
  type PairScorer,
  type ScoreOptions,
  type ScoreScale,
} from "../ranking/pair-scorer.ts";
import { logitOf } from "../ranking/relevance.ts";
import type { LoadedModel } from "./loaded-model.ts";

/** How to name a cross-encoder of transformers.js, and how to truncate its pairs. */
export interface TransformersScorerOptions {
  /** Appears in traces, calibrations and configurations. @defaultValue "transformers.js" */
  readonly name?: string | undefined;
  /**
   * Length of the window in tokens, at least 1 and at most the size of the model's position
   * table. @defaultValue what the tokenizer and the model state, at most 8192
   */
  readonly maxTokens?: number | undefined;
  /**
   * How a long pair is truncated: as sentence-transformers does, or as FlagEmbedding does, which BGE's
   * rerankers expect. @defaultValue "longest-first"
   */
  readonly truncation?: Truncation | undefined;
}

const transformersScorerOptionRules: OptionRules<TransformersScorerOptions> = {
  name: text,
  maxTokens: wholeNumber(1),
  truncation: choice("longest-first", "only-second"),
};

/** Scores pairs one at a time, so that a score never depends on other pairs. */
export class TransformersScorer implements PairScorer {
  readonly name: string;
  readonly scale: ScoreScale = "logit";
  readonly #model: LoadedModel;
  readonly #packing: PackingOptions;

  constructor(model: LoadedModel, options: TransformersScorerOptions) {
    const {
      name = "transformers.js",
      maxTokens,
      truncation = "longest-first",
    } = requireOptions("scorer", options, transformersScorerOptionRules);
    this.name = name;
    this.#model = model;
    this.#packing = model.packing(maxTokens, truncation);
  }

  async score(
    query: string,
    texts: readonly string[],
    options: ScoreOptions = {},
  ): Promise<CollectedScores> {
    const given = requireOptions("score", options, scoreOptionRules);
    requireString("query", query);
    requireStrings("texts", texts);
    // A timer of the deadline cannot fire while a pair runs on this thread.
    const end = performance.now() + (given.deadlineMs ?? Infinity);
    return collectScores(texts.length, given, async (listen, over) => {
      const queryIds = Int32Array.from(this.#model.encode(query));
      const breather = new Breather(over);
      for (const [index, each] of texts.entries()) {
        if (over.aborted || performance.now() >= end) return;
        const packed = packPair(queryIds, Int32Array.from(this.#model.encode(each)), this.#packing);
        const { values, dims } = await this.#model.run(packed, ["logits"], noLogits);
        requireHead(values, dims);
        listen(index, { score: logitOf(values), truncatedTokens: packed.truncatedTokens });
        // In a browser, WebAssembly runs pair after pair and lets no other work run.
        if (breather.isDue) await breather.pause();
      }
    });
  }
}

const noLogits =
  "load a cross-encoder with AutoModelForSequenceClassification.from_pretrained, or use embeddings() for a bi-encoder";

function requireHead(values: Float32Array, dims: readonly number[]): void {
  if (values.length === 1 || values.length === 2) return;
  throw new RetrievalError(
    "model-mismatch",
    `Expected \`logits\` to hold one or two numbers for a pair, got the shape [${dims.join(", ")}]: ${noLogits}.`,
  );
}
