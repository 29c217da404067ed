import assert from "node:assert/strict";
import type { PairScorer, ScoreOptions } from "../ranking/pair-scorer.ts";
import type { ContractCase } from "./contract.ts";

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
export const pairScorerContract: readonly ContractCase<PairScorer>[] = [
  {
    name: "returns one finite score for each text, even for an empty one",
    async check(scorer) {
      const scores = await scoresOf(scorer, texts);
      assert.ok(scores.every(Number.isFinite), `not finite: ${scores.join(", ")}`);
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
      assertClose(reversed.toReversed(), scores);
    },
  },
  {
    name: "gives a text the same score alone and among others",
    async check(scorer) {
      const scores = await scoresOf(scorer, texts);
      for (const [index, text] of texts.entries()) {
        assertClose(await scoresOf(scorer, [text]), scores.slice(index, index + 1));
      }
    },
  },
  {
    name: "keeps its scores within its scale",
    async check(scorer) {
      if (scorer.scale !== "probability") return;
      const scores = await scoresOf(scorer, texts);
      assert.ok(scores.every((score) => score >= 0 && score <= 1));
    },
  },
  {
    name: "counts truncated tokens in whole numbers",
    async check(scorer) {
      const { truncatedTokens } = await scorer.score(query, texts);
      if (truncatedTokens === undefined) return;
      assert.equal(truncatedTokens.length, texts.length);
      for (const count of Array.from(truncatedTokens)) {
        assert.ok(Number.isInteger(count) && count >= 0, `expected a token count, got ${count}`);
      }
    },
  },
  {
    name: "calls onScored once for each text, with the score that it returns",
    async check(scorer) {
      const seen = new Map<number, number>();
      const scores = await scoresOf(scorer, texts, {
        onScored: (index, score) => {
          assert.ok(!seen.has(index), `text ${index} was reported twice`);
          seen.set(index, score);
        },
      });
      const expected = new Map(scores.entries());
      assert.deepEqual(new Map([...seen].toSorted(([a], [b]) => a - b)), expected);
    },
  },
  {
    name: "rejects with the signal's reason when it is aborted, and still works afterwards",
    async check(scorer) {
      const reason = new Error("no longer needed");
      const signal = AbortSignal.abort(reason);
      await assert.rejects(scorer.score(query, texts, { signal }), (error) => error === reason);
      await scoresOf(scorer, texts);
    },
  },
  {
    name: "returns NaN and a reason for each text that a deadline left out, without an error",
    async check(scorer) {
      const { scores, unscored } = await scorer.score(query, texts, { deadlineMs: 0 });
      assert.equal(scores.length, texts.length);
      for (const [index, score] of Array.from(scores).entries()) {
        const expected = Number.isNaN(score) ? "deadline" : undefined;
        assert.equal(unscored?.get(index), expected, `the reason of text ${index}`);
      }
    },
  },
];

async function scoresOf(
  scorer: PairScorer,
  some: readonly string[],
  options?: ScoreOptions,
): Promise<number[]> {
  const { scores } = await scorer.score(query, some, options);
  assert.equal(scores.length, some.length);
  return Array.from(scores);
}

function assertClose(actual: readonly number[], expected: readonly number[]): void {
  assert.equal(actual.length, expected.length);
  for (const [index, score] of actual.entries()) {
    const difference = Math.abs(score - (expected[index] ?? Number.NaN));
    assert.ok(difference <= tolerance, `score ${index} is off by ${difference}`);
  }
}
