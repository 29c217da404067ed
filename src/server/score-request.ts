import { requireReader, scoreTexts, type CheckedPairScores } from "../ranking/pair-scorer.ts";
import { toRelevance } from "../ranking/relevance.ts";
import { messageOf } from "../errors.ts";
import { RequestError } from "./request-error.ts";
import { requireModel } from "./model-names.ts";
import type { Call, ServedScorer, Service } from "./service.ts";

/** Texts to score against a query. */
export interface ScoreRequest {
  readonly model?: string | undefined;
  readonly query: string;
  readonly texts: readonly string[];
  readonly instruction?: string | undefined;
  /** Whether the answer has the model's own output. @defaultValue false, relevance in 0..1 */
  readonly isRaw?: boolean | undefined;
}

/** The scores of a request, as its answer shows them. */
export interface ScoredRequest extends CheckedPairScores {
  /** Raw, or in 0..1. */
  readonly shown: readonly number[];
}

/** @throws RequestError 404 if this server has no reranker, or not the one that is asked for */
export function rerankerOf({ reranker }: Service, model: string | undefined): ServedScorer {
  if (!reranker) throw new RequestError(404, "Expected a server with a reranker, got one without.");
  requireModel(reranker, model);
  return reranker;
}

/**
 * Scores the texts of a request. Every text has a score, or the request fails.
 *
 * @throws RequestError 404, 413 or 422
 */
export async function scoreRequest(
  { service, signal, countPairs }: Call<unknown>,
  { model, query, texts, instruction, isRaw = false }: ScoreRequest,
): Promise<ScoredRequest> {
  const { scorer } = rerankerOf(service, model);
  requireWithinLimits(service, [query, ...texts], texts.length);
  try {
    requireReader(scorer, instruction);
  } catch (error) {
    throw new RequestError(422, messageOf(error), { cause: error });
  }
  countPairs(texts.length);
  const { metrics } = service;
  const scored = await metrics.whileWaiting(texts.length, () =>
    scoreTexts(scorer, query, texts, { signal, instruction }),
  );
  signal.throwIfAborted();
  const { scores, unscored, truncatedTokens, scoredBy, failure, cached = 0 } = scored;
  metrics.scored({
    pairs: texts.length - unscored.size,
    cached,
    truncatedTokens: sumOf(truncatedTokens),
  });
  // A cascade leaves out texts that are unlikely to enter the result; they rank last.
  const failed = [...unscored.values()].find((reason) => isRaw || reason !== "unlikely");
  if (failed !== undefined) {
    const message = `${unscored.size} of ${texts.length} texts have no score: ${failed}`;
    throw failure ?? new Error(message);
  }
  const shown = isRaw ? [...scores] : toRelevance(scores, scoredBy.scale);
  return { ...scored, shown };
}

/** @throws RequestError 413 if there are too many texts, or one is too long */
export function requireWithinLimits(
  { limits: { documents, characters } }: Service,
  texts: readonly string[],
  count: number = texts.length,
): void {
  if (count > documents) {
    throw new RequestError(413, `Expected at most ${documents} texts in a request, got ${count}.`);
  }
  const longest = texts.reduce((most, text) => Math.max(most, text.length), 0);
  if (longest <= characters) return;
  throw new RequestError(
    413,
    `Expected texts of at most ${characters} characters, got one of ${longest}.`,
  );
}

function sumOf(numbers: ArrayLike<number>): number {
  return Array.from(numbers).reduce((sum, number) => sum + number, 0);
}
