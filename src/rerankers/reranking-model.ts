import { describe, requireString, requireWholeNumber, RetrievalError } from "../errors.ts";
import { pairScorer, scoreTexts, type PairScorer } from "../ranking/pair-scorer.ts";
import { toRelevance } from "../ranking/relevance.ts";
import { orderByScore } from "../ranking/scored.ts";

/** What `rerank` of the AI SDK asks of a model. */
export interface RerankingModelCall {
  readonly query: string;
  readonly documents:
    | { readonly type: "text"; readonly values: readonly string[] }
    | { readonly type: "object"; readonly values: readonly object[] };
  /** How many documents to return. @defaultValue all */
  readonly topN?: number | undefined;
  readonly abortSignal?: AbortSignal | undefined;
  /** Not read, since no request is sent; a warning says so. */
  readonly headers?: object | undefined;
}

/** A reranking model for `rerank` of the AI SDK, the package `ai`: versions 6 and 7 take this specification. */
export interface RerankingModel {
  readonly specificationVersion: "v3";
  readonly provider: string;
  /** The scorer's name. */
  readonly modelId: string;
  /**
   * Scores the documents and orders them; called by `rerank` of the `ai` package.
   *
   * @throws RetrievalError `invalid-input` for a document that JSON cannot hold; the error of the scorer
   */
  doRerank(call: RerankingModelCall): Promise<{
    /** Best first; `relevanceScore` is in 0..1, and 0 for documents without a score, which go last. */
    ranking: { index: number; relevanceScore: number }[];
    /** Why documents have no score, by their index. */
    providerMetadata: { "langchain-rerank": { unscored: Record<string, string> } };
    warnings: { type: "unsupported" | "compatibility"; feature: string; details: string }[];
    /** The scorer that gave the scores. */
    response: { modelId: string };
  }>;
}

/**
 * Makes a scorer a model for `rerank` of the AI SDK. Documents that are objects are scored as JSON. An error of
 * the scorer, including one that it reports as `failure`, reaches the caller unchanged: the SDK does not try again.
 *
 * @throws RetrievalError `invalid-option` if it is not a scorer
 *
 * @example
 * ```ts
 * import { OnnxCrossEncoder } from "langchain-rerank";
 * import { rerankingModel } from "langchain-rerank/rerankers";
 *
 * await using scorer = new OnnxCrossEncoder({ model: "BAAI/bge-reranker-large" });
 * const model = rerankingModel(scorer); // For rerank({ model, query, documents }) of the AI SDK.
 * console.log(model.modelId);
 * ```
 */
export function rerankingModel(scorer: PairScorer): RerankingModel {
  pairScorer("scorer", scorer);
  return {
    specificationVersion: "v3",
    provider: "langchain-rerank",
    modelId: scorer.name,
    async doRerank({ query, documents, topN, abortSignal, headers = {} }) {
      requireString("query", query);
      if (topN !== undefined) requireWholeNumber("topN", topN, 1);
      const texts = documents.type === "text" ? documents.values : documents.values.map(jsonOf);
      const result = await scoreTexts(scorer, query, texts, { signal: abortSignal });
      if (result.failure) throw result.failure;
      const relevance = toRelevance(result.scores, result.scoredBy.scale);
      const ranking = orderByScore(result.scores, result.stages)
        .slice(0, topN)
        .map((index) => ({ index, relevanceScore: relevance[index] ?? 0 }));
      const warnings: Awaited<ReturnType<RerankingModel["doRerank"]>>["warnings"] = [];
      if (documents.type === "object") {
        const details =
          "Documents that are objects are scored as JSON; texts are usually scored better.";
        warnings.push({ type: "compatibility", feature: "object documents", details });
      }
      if (Object.keys(headers).length > 0) {
        const details = "Pass headers to the scorer: this model sends no request.";
        warnings.push({ type: "unsupported", feature: "headers", details });
      }
      return {
        ranking,
        providerMetadata: {
          "langchain-rerank": { unscored: Object.fromEntries(result.unscored) },
        },
        warnings,
        response: { modelId: result.scoredBy.name },
      };
    },
  };
}

function jsonOf(document: object, index: number): string {
  let cause: unknown;
  try {
    // A function has no JSON form, whatever the type says.
    const json: string | undefined = JSON.stringify(document);
    if (json !== undefined) return json;
  } catch (error) {
    cause = error;
  }
  throw new RetrievalError(
    "invalid-input",
    `Expected \`documents.values[${index}]\` to be an object that JSON can hold, got ${describe(document)}: pass its text, or an object without cycles and BigInts.`,
    { cause },
  );
}
