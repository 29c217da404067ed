import assert from "node:assert/strict";
import type { PairScorer, ScoreOptions } from "../ranking/pair-scorer.ts";
import { contractOf, requireAbort, requireEqual, type ContractCase } from "./contract.ts";

const query = "Which river is the longest?";
const texts: readonly string[] = Object.freeze([
  "The Loire is the longest river of France.",
  "",
  "A bridge of old stone.",
  "The Loire is the longest river of France, and it is deep.",
]);
/**
 * Maximum difference between scores of the same pair: fp32 kernels round differently for different batch
 * shapes.
 */
const tolerance = 1e-4;

/**
 * The contract of `PairScorer`, as cases for any test runner:
 * `test.each(pairScorerContract)("$name", ({ check }) => check(scorer))`.
 */
export const pairScorerContract: readonly ContractCase<PairScorer>[] = contractOf("PairScorer", [
  {
    name: "returns one finite score for each text, even for an empty one",
    async check(scorer) {
      const scores = await scoresOf(scorer, texts);
      assert.ok(scores.every(Number.isFinite), `expected finite scores, got ${scores.join(", ")}`);
    },
  },
  {
    name: "returns no scores for no texts",
    async check(scorer) {
      await scoresOf(scorer, []);
    },
  },
  {
    name: "returns scores in the order of the texts",
    async check(scorer) {
      const scores = await scoresOf(scorer, texts);
      const reversed = await scoresOf(scorer, texts.toReversed());
      assertClose(reversed.toReversed(), scores, "with the texts in reverse order");
    },
  },
  {
    name: "gives a text the same score alone and among others",
    async check(scorer) {
      const scores = await scoresOf(scorer, texts);
      for (const [index, text] of texts.entries()) {
        const alone = await scoresOf(scorer, [text]);
        assertClose(alone, scores.slice(index, index + 1), `with text ${index} alone`);
      }
    },
  },
  {
    name: "keeps its scores within its scale",
    async check(scorer) {
      const { scores, scoredBy = scorer } = await scorer.score(query, texts);
      if (scoredBy.scale !== "probability") return;
      assert.ok(
        Array.from(scores).every((score) => score >= 0 && score <= 1),
        `expected probabilities from 0 to 1, got ${Array.from(scores).join(", ")}`,
      );
    },
  },
  {
    name: "counts truncated tokens in whole numbers",
    async check(scorer) {
      const { truncatedTokens } = await scorer.score(query, texts);
      if (truncatedTokens === undefined) return;
      requireEqual(truncatedTokens.length, texts.length, "the number of `truncatedTokens`");
      for (const count of Array.from(truncatedTokens)) {
        assert.ok(
          Number.isInteger(count) && count >= 0,
          `expected whole numbers of tokens, got ${count}`,
        );
      }
    },
  },
  {
    name: "calls onScored once for each text, with the score that it returns",
    async check(scorer) {
      const seen = new Map<number, number>();
      const scores = await scoresOf(scorer, texts, {
        onScored: (index, score) => {
          assert.ok(
            !seen.has(index),
            `expected onScored once for each text, got text ${index} twice`,
          );
          seen.set(index, score);
        },
      });
      const reported = [...seen].toSorted(([a], [b]) => a - b);
      requireEqual(reported, [...scores.entries()], "the reported pairs of index and score");
    },
  },
  {
    name: "rejects with the signal's reason when it is aborted, and still works afterwards",
    async check(scorer) {
      await requireAbort((signal) => scorer.score(query, texts, { signal }));
      await scoresOf(scorer, texts);
    },
  },
  {
    name: "returns NaN and a reason for each text that a deadline left out, without an error",
    async check(scorer) {
      const { scores, unscored } = await scorer.score(query, texts, { deadlineMs: 0 });
      requireEqual(scores.length, texts.length, "the number of scores");
      for (const [index, score] of Array.from(scores).entries()) {
        const expected = Number.isNaN(score) ? "deadline" : undefined;
        const what = `the reason for text ${index}, whose score is ${score},`;
        requireEqual(unscored?.get(index), expected, what);
      }
    },
  },
]);

async function scoresOf(
  scorer: PairScorer,
  some: readonly string[],
  options?: ScoreOptions,
): Promise<number[]> {
  const { scores } = await scorer.score(query, some, options);
  requireEqual(scores.length, some.length, `the number of scores for ${some.length} texts`);
  return Array.from(scores);
}

function assertClose(actual: readonly number[], expected: readonly number[], when: string): void {
  for (const [index, score] of actual.entries()) {
    const same = expected[index] ?? Number.NaN;
    assert.ok(
      Math.abs(score - same) <= tolerance,
      `expected the score ${same} ${when}, to within ${tolerance}, got ${score}`,
    );
  }
}
