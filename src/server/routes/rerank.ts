import { randomUUID } from "node:crypto";
import { Type } from "typebox";
import { orderByScore } from "../../ranking/scored.ts";
import { estimateTokens } from "../../text/estimate-tokens.ts";
import { form, type Form, type WorkRoute } from "../route.ts";
import { RequestError } from "../request-error.ts";
import { rerankerOf, scoreRequest, type ScoredRequest } from "../score-request.ts";

const instruction = Type.Optional(Type.String());
const model = Type.Optional(Type.String());
/** Fields of other servers that would change the result. */
const refused = Type.Optional(Type.Never());

/** @see https://github.com/huggingface/text-embeddings-inference/blob/main/docs/openapi.json */
const tei: Form = form({
  field: "texts",
  errors: "tei",
  body: Type.Object(
    {
      query: Type.String(),
      texts: Type.Array(Type.String()),
      raw_scores: Type.Optional(Type.Boolean()),
      return_text: Type.Optional(Type.Boolean()),
      truncate: Type.Optional(Type.Boolean()),
      truncation_direction: Type.Optional(Type.Enum(["Right", "right"])),
      instruction,
      model,
    },
    { additionalProperties: false, title: "Text Embeddings Inference" },
  ),
  answer: Type.Array(
    Type.Object({
      index: Type.Integer(),
      score: Type.Number(),
      text: Type.Optional(Type.String()),
    }),
  ),
  async handle(call) {
    const { query, texts, raw_scores, return_text, truncate, ...asked } = call.body;
    const scored = await scoreRequest(call, { ...asked, query, texts, isRaw: raw_scores });
    if (truncate === false) requireWhole(scored);
    return ranked(scored).map(({ index, score }) =>
      return_text === true ? { index, score, text: texts[index] } : { index, score },
    );
  },
});

const usage = Type.Object({ prompt_tokens: Type.Integer(), total_tokens: Type.Integer() });

/**
 * The form of Cohere, which Jina, vLLM, Infinity and llama.cpp follow. The answer has the fields of all of them.
 *
 * @see https://docs.cohere.com/v2/reference/rerank
 */
const documentsForm: Form = form({
  field: "documents",
  errors: "documents",
  body: Type.Object(
    {
      model,
      query: Type.String(),
      documents: Type.Array(
        Type.Union([Type.String(), Type.Object({ text: Type.String() })], {
          title: "a string or an object with the string `text`",
        }),
      ),
      top_n: Type.Optional(Type.Integer({ minimum: 1 })),
      return_documents: Type.Optional(Type.Boolean()),
      raw_scores: Type.Optional(Type.Boolean()),
      instruction,
      max_tokens_per_doc: Type.Optional(Type.Integer({ minimum: 1 })),
      max_chunks_per_doc: Type.Optional(Type.Literal(1)),
      truncation: Type.Optional(Type.Literal(true)),
      truncate_prompt_tokens: Type.Optional(Type.Literal(-1)),
      priority: Type.Optional(Type.Integer()),
      user: Type.Optional(Type.String()),
      rank_fields: refused,
      top_k: refused,
      return_embeddings: Type.Optional(Type.Literal(false)),
    },
    { additionalProperties: false, title: "Cohere, Jina, vLLM" },
  ),
  answer: Type.Object({
    id: Type.String(),
    object: Type.Literal("list"),
    model: Type.String(),
    results: Type.Array(
      Type.Object({
        index: Type.Integer(),
        relevance_score: Type.Number(),
        document: Type.Optional(Type.Object({ text: Type.String() })),
      }),
    ),
    usage,
    meta: Type.Object({
      api_version: Type.Object({ version: Type.String() }),
      billed_units: Type.Object({ search_units: Type.Integer() }),
    }),
  }),
  async handle(call) {
    const { query, documents, top_n, return_documents, raw_scores, ...asked } = call.body;
    const reranker = rerankerOf(call.service, asked.model);
    requireWindow(asked.max_tokens_per_doc, reranker.facts?.maxTokens);
    const texts = documents.map((each) => (typeof each === "string" ? each : each.text));
    const scored = await scoreRequest(call, { ...asked, query, texts, isRaw: raw_scores });
    const tokens = tokensOf(query, texts);
    return {
      id: randomUUID(),
      object: "list",
      model: reranker.name,
      results: ranked(scored)
        .slice(0, top_n)
        .map(({ index, score }) => ({
          index,
          relevance_score: score,
          document: return_documents === true ? { text: texts[index] } : undefined,
        })),
      usage: { prompt_tokens: tokens, total_tokens: tokens },
      meta: { api_version: { version: "2" }, billed_units: { search_units: 0 } },
    };
  },
});

export const rerankRoutes: readonly WorkRoute[] = [
  {
    paths: ["/rerank"],
    summary: "Ranks texts, as Text Embeddings Inference, Cohere, Jina, vLLM and Infinity do",
    forms: [tei, documentsForm],
  },
  {
    paths: ["/v1/rerank", "/v2/rerank"],
    summary: "Ranks documents, as Cohere, Jina and vLLM do",
    forms: [documentsForm],
  },
];

/** Best first; ties keep the request's order. */
function ranked({ scores, stages, shown }: ScoredRequest): { index: number; score: number }[] {
  return orderByScore(scores, stages).map((index) => ({ index, score: shown[index] ?? 0 }));
}

/** An estimate: models do not count tokens in a way that providers bill. */
function tokensOf(query: string, texts: readonly string[]): number {
  return texts.reduce((sum, text) => sum + estimateTokens(text), estimateTokens(query));
}

function requireWhole({ truncatedTokens }: ScoredRequest): void {
  const index = Array.from(truncatedTokens).findIndex((count) => count > 0);
  if (index === -1) return;
  throw new RequestError(
    413,
    `Expected texts that fit the model's window beside the query, because \`truncate\` is false, got a longer one at \`texts[${index}]\`.`,
  );
}

/** The window of this model is fixed: a larger one changes nothing, a smaller one is not possible. */
function requireWindow(wanted: number | undefined, maxTokens: number | undefined): void {
  if (wanted === undefined || (maxTokens !== undefined && wanted >= maxTokens)) return;
  throw new RequestError(
    422,
    `Expected \`max_tokens_per_doc\` to be ${maxTokens === undefined ? "left out" : `at least ${maxTokens}, the window of this model`}, got ${wanted}.`,
  );
}
