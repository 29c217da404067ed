import { RetrievalError } from "../errors.ts";
import type { PairScorer, ScoreOptions } from "../ranking/pair-scorer.ts";

/** The scorer's numbers, one for each text. */
export async function scoreAll(
  scorer: PairScorer,
  { query, texts }: { readonly query: string; readonly texts: readonly string[] },
  options: ScoreOptions,
): Promise<Float32Array> {
  const scores = await scorer.score(query, texts, options);
  if (scores.length === texts.length) return scores;
  throw new RetrievalError(
    "model-mismatch",
    `Expected ${texts.length} scores from ${scorer.name}, got ${scores.length}.`,
  );
}
