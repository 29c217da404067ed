import { Type } from "typebox";
import { parseFilter } from "../../documents/parse-filter.ts";
import type { MetadataFilter } from "../../documents/metadata-filter.ts";
import { refusedFilter } from "../../documents/refused-filter.ts";
import { scoredPairs } from "../../documents/scored-pairs.ts";
import { messageOf } from "../../errors.ts";
import { requireReader } from "../../ranking/pair-scorer.ts";
import { traceJson } from "../../retrieval/trace-json.ts";
import type { SearchIndex } from "../../retrieval/search-index.ts";
import { RequestError } from "../request-error.ts";
import { form, type WorkRoute } from "../route.ts";
import { requireWithinLimits } from "../score-request.ts";

const count = Type.Optional(Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }));
const share = Type.Optional(Type.Number({ minimum: 0, maximum: 1 }));

const SearchBody = Type.Object(
  {
    question: Type.String({ pattern: "\\S", title: "a non-empty string" }),
    k: count,
    candidateCount: count,
    rerank: Type.Optional(Type.Boolean()),
    hybrid: Type.Optional(Type.Boolean()),
    fusion: Type.Optional(Type.Enum(["rrf", "min-max", "z-score", "distribution", "rank"])),
    blend: share,
    scoreThreshold: share,
    maxPerSource: count,
    maxPerSection: count,
    filter: Type.Optional(Type.Unsafe<MetadataFilter>({ type: "object" })),
    deadlineMs: Type.Optional(Type.Number({ minimum: 0 })),
    instruction: Type.Optional(Type.String({ pattern: "\\S", title: "a non-empty string" })),
  },
  { additionalProperties: false },
);

type SearchBody = Type.Static<typeof SearchBody>;

export const searchRoute: WorkRoute = {
  paths: ["/search"],
  summary: "Searches the index with both stages, and returns the trace",
  forms: [
    form({
      field: "question",
      errors: "openai",
      body: SearchBody,
      answer: Type.Object({
        query: Type.String(),
        milliseconds: Type.Number(),
        stages: Type.Array(
          Type.Object({
            name: Type.String(),
            milliseconds: Type.Number(),
            count: Type.Integer(),
          }),
        ),
        coverage: Type.Object({ scored: Type.Integer(), candidates: Type.Integer() }),
        results: Type.Array(
          Type.Object({
            id: Type.Optional(Type.String()),
            text: Type.String(),
            metadata: Type.Object({}),
            retrieval: Type.Object({}),
          }),
        ),
      }),
      async handle({ body, service, signal, countPairs }) {
        const { index } = service;
        if (!index) {
          throw new RequestError(
            404,
            "Expected a server with an index, got one without: run `npx langchain-rerank index <folder>`, then start the server with the same --store.",
          );
        }
        const { question, ...options } = body;
        const { documents } = service.limits;
        const { k = Math.min(5, documents), rerank = true } = options;
        const { candidateCount = Math.max(Math.min(50, documents), k) } = options;
        requireWithinLimits(service, [question], Math.max(k, candidateCount));
        requireFilter(body.filter);
        requireSensible(body, index, { k, candidateCount, rerank });
        const trace = await service.metrics
          .whileWaiting(rerank ? candidateCount : 1, () =>
            index.search(question, { ...options, k, candidateCount, signal }),
          )
          .catch((error: unknown) => {
            const refused = body.filter && refusedFilter(error);
            throw refused ? new RequestError(422, refused.message, { cause: error }) : error;
          });
        const scored = scoredPairs(trace);
        countPairs(scored.pairs);
        service.metrics.scored(scored);
        return traceJson(trace);
      },
    }),
  ],
};

/** Refuses options that would have no effect or cannot be used together. */
function requireSensible(
  { hybrid, fusion, blend, scoreThreshold, instruction }: SearchBody,
  index: SearchIndex,
  {
    k,
    candidateCount,
    rerank,
  }: { readonly k: number; readonly candidateCount: number; readonly rerank: boolean },
): void {
  const needsReranking = Object.entries({ blend, scoreThreshold, instruction }).find(
    ([, value]) => value !== undefined,
  );
  const problem =
    (candidateCount < k &&
      `Expected \`candidateCount\` to be at least ${k}, the value of \`k\`, got ${candidateCount}.`) ||
    (fusion !== undefined &&
      hybrid !== true &&
      "Expected `fusion` together with `hybrid: true`, got `fusion` alone.") ||
    (hybrid === true &&
      !index.isHybrid &&
      "Expected an index with a lexical part for `hybrid: true`, got vectors alone.") ||
    (!rerank &&
      needsReranking !== undefined &&
      `Expected \`${needsReranking[0]}\` without \`rerank: false\`, got both.`);
  if (problem !== false) throw new RequestError(422, problem);
  if (instruction === undefined) return;
  try {
    requireReader(index.reranker.scorer, instruction);
  } catch (error) {
    throw new RequestError(422, messageOf(error), { cause: error });
  }
}

function requireFilter(filter: MetadataFilter | undefined): void {
  if (filter === undefined) return;
  try {
    parseFilter(filter);
  } catch (error) {
    throw new RequestError(422, messageOf(error), { cause: error });
  }
}
