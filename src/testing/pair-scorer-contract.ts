import assert from "node:assert/strict";
import type { PairScorer } from "../ranking/pair-scorer.ts";
import type { ContractCase } from "./contract.ts";

const query = "Which river is the longest?";
const texts: readonly string[] = Object.freeze([
  "The Loire is the longest river of France.",
  "",
  "A bridge of old stone.",
  "The Loire is the longest river of France, and it is deep.",
]);
/** How far scores of one pair may be apart between runs: fp32 kernels round by the shape of their batch. */
const tolerance = 1e-4;

/**
 * What every `PairScorer` promises, as cases for any test runner:
 * `test.each(pairScorerContract)("$name", ({ check }) => check(scorer))`.
 */
export const pairScorerContract: readonly ContractCase<PairScorer>[] = [
  {
    name: "gives one finite score for each text, an empty one included",
    async check(scorer) {
      const scores = await scorer.score(query, texts);
      assert.equal(scores.length, texts.length);
      assert.ok(scores.every(Number.isFinite), `not finite: ${scores.join(", ")}`);
    },
  },
  {
    name: "gives nothing for no texts",
    async check(scorer) {
      assert.equal((await scorer.score(query, [])).length, 0);
    },
  },
  {
    name: "gives scores in the order of the texts, whatever that is",
    async check(scorer) {
      const scores = await scorer.score(query, texts);
      const reversed = await scorer.score(query, texts.toReversed());
      assertClose(reversed.toReversed(), scores);
    },
  },
  {
    name: "scores a text alone as among others",
    async check(scorer) {
      const scores = await scorer.score(query, texts);
      for (const [index, text] of texts.entries()) {
        assertClose(await scorer.score(query, [text]), scores.slice(index, index + 1));
      }
    },
  },
  {
    name: "keeps to its scale",
    async check(scorer) {
      if (scorer.scale !== "probability") return;
      const scores = await scorer.score(query, texts);
      assert.ok(scores.every((score) => score >= 0 && score <= 1));
    },
  },
  {
    name: "reports each pair once by onScored, with the score that it returns",
    async check(scorer) {
      const seen: [number, number][] = [];
      const scores = await scorer.score(query, texts, {
        onScored: (index, score, { truncatedTokens }) => {
          assert.ok(Number.isInteger(truncatedTokens) && truncatedTokens >= 0);
          seen.push([index, score]);
        },
      });
      const expected = Array.from(scores, (score, index) => [index, score]);
      assert.deepEqual(
        seen.toSorted(([a], [b]) => a - b),
        expected,
      );
    },
  },
  {
    name: "rejects with the signal's reason when it is aborted, and goes on afterwards",
    async check(scorer) {
      const reason = new Error("no longer needed");
      const signal = AbortSignal.abort(reason);
      await assert.rejects(scorer.score(query, texts, { signal }), (error) => error === reason);
      assert.equal((await scorer.score(query, texts)).length, texts.length);
    },
  },
  {
    name: "gives NaN for what a deadline left out, and no error",
    async check(scorer) {
      const seen = new Set<number>();
      const scores = await scorer.score(query, texts, {
        deadlineMs: 0,
        onScored: (index) => seen.add(index),
      });
      assert.equal(scores.length, texts.length);
      for (const [index, score] of scores.entries()) {
        assert.equal(Number.isNaN(score), !seen.has(index));
      }
    },
  },
];

function assertClose(actual: Float32Array, expected: Float32Array): void {
  assert.equal(actual.length, expected.length);
  for (const [index, score] of actual.entries()) {
    const difference = Math.abs(score - (expected[index] ?? Number.NaN));
    assert.ok(difference <= tolerance, `score ${index} is off by ${difference}`);
  }
}
