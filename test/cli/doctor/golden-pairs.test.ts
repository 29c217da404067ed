import { describe, expect, test } from "vitest";
import { checkDrift, checkKnownLogits, checkPairs } from "../../../src/cli/doctor/golden-pairs.ts";
import type { Finding } from "../../../src/cli/doctor/finding.ts";
import type { PairScorer } from "../../../src/ranking/pair-scorer.ts";

/** Scores each pair by a formula. */
function scorerBy(formula: (query: string, text: string) => number): PairScorer {
  return {
    name: "formula",
    scale: "logit",
    score: async (query, texts) => ({ scores: texts.map((text) => formula(query, text)) }),
  };
}

const wordsOf = (text: string): string[] => text.toLowerCase().match(/\w+/g) ?? [];
const sharedWords = (query: string, text: string): number =>
  wordsOf(text).filter((word) => wordsOf(query).includes(word)).length;

/** Shared words, and a little for the length of the query, so that it matters which side is which. */
const sound = scorerBy((query, text) => sharedWords(query, text) + query.length / 1000);

const problemsOf = (findings: readonly Finding[]): string[] =>
  findings.flatMap(({ verdict, what, here }) =>
    verdict === "problem" ? [`${what}: ${here}`] : [],
  );

describe("checkPairs", () => {
  test("finds nothing wrong with a scorer that reads both sides", async () => {
    expect(problemsOf(await checkPairs(sound))).toEqual([]);
  });

  test.each([
    ["the query is not read", scorerBy((_query, text) => text.length), "another query"],
    ["the document is not read", scorerBy((query) => query.length), "another document"],
    ["the sides are one", scorerBy((query, text) => sharedWords(query, text)), "swapped"],
  ])("says where %s", async (_name, scorer, words) => {
    expect(problemsOf(await checkPairs(scorer)).join()).toContain(words);
  });

  test("says if the irrelevant passage comes first", async () => {
    const reversed = scorerBy((query, text) => query.length / 1000 - sharedWords(query, text));
    expect(problemsOf(await checkPairs(reversed))).toEqual([
      expect.stringMatching(
        /^golden pairs: order: relevant -.*: expected the relevant text to score higher$/,
      ),
    ]);
  });

  test("says if scores are not numbers", async () => {
    const findings = await checkPairs(scorerBy(() => Number.NaN));
    expect(problemsOf(findings)).toEqual(["golden pairs: some scores are not numbers"]);
  });
});

test("recorded logits hold within 0.25, and not beyond", async () => {
  expect(
    (
      await checkKnownLogits(
        scorerBy(() => 2.2),
        [2, 2, 2],
      )
    ).verdict,
  ).toBe("ok");
  expect(
    await checkKnownLogits(
      scorerBy(() => 2.3),
      [2, 2, 2],
    ),
  ).toMatchObject({
    verdict: "problem",
    here: "expected the recorded logits 2.00, 2.00, 2.00, got 2.30, 2.30, 2.30",
  });
  expect(
    (
      await checkKnownLogits(
        scorerBy(() => Number.NaN),
        [2, 2, 2],
      )
    ).verdict,
  ).toBe("problem");
});

function shifted(by: number): PairScorer {
  return scorerBy((query, text) => query.length + text.length + by);
}

test("int8 scores over one logit from fp32 are a problem", async () => {
  expect((await checkDrift(shifted(0.5), shifted(0))).verdict).toBe("ok");
  expect(await checkDrift(shifted(1.5), shifted(0))).toMatchObject({
    verdict: "problem",
    here: "largest difference 1.50 on 5 pairs",
  });
});
