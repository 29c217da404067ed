import { describe, expect, test } from "vitest";
import { baselineOf } from "../../../src/evaluation/baseline/baseline.ts";
import type { BaselineComparison } from "../../../src/evaluation/baseline/baseline-comparison.ts";
import {
  compareToBaseline,
  type CompareToBaselineOptions,
} from "../../../src/evaluation/baseline/compare-to-baseline.ts";
import { detectionWords } from "../../../src/evaluation/baseline/baseline-words.ts";
import { resultOf } from "./results.ts";

type Values = Readonly<Record<string, readonly number[]>>;

/** Compares these values of each system with earlier ones. */
function compared(
  before: Values,
  after: Values,
  options: CompareToBaselineOptions = {},
): BaselineComparison {
  return compareToBaseline(
    baselineOf(resultOf({ systems: before }), options),
    resultOf({ systems: after }),
    options,
  );
}

const ones = (count: number): number[] => Array.from({ length: count }, () => 1);
/** Twenty questions, of which the first ones lost their answer. */
const without = (lost: number): number[] =>
  ones(20).map((value, index) => (index < lost ? 0 : value));

describe("compareToBaseline", () => {
  test("finds nothing worse if nothing changed, and says so", () => {
    const comparison = compared({ rerank: without(3) }, { rerank: without(3) });
    expect(comparison).toMatchObject({ isWorse: false, queries: 20, measure: "nDCG@10" });
    expect(comparison.verdict).toBe("No significant drop of nDCG@10 on 20 questions (rerank).");
    expect(comparison.systems[0]).toMatchObject({
      outcome: "not-significant",
      detectableDrop: undefined,
      drops: [],
    });
    expect(detectionWords(comparison)).toEqual(["rerank: no value changed."]);
  });

  test("finds a drop of six questions, and not one of five, which no test at 0.05 could", () => {
    const five = compared({ rerank: ones(20) }, { rerank: without(5) });
    expect(five.isWorse).toBe(false);
    expect(detectionWords(five)).toEqual([
      "rerank: 5 of 20 values changed; fewer than 6 changed values are never significant.",
    ]);
    const six = compared({ rerank: ones(20) }, { rerank: without(6) });
    expect(six.isWorse).toBe(true);
    expect(six.verdict).toMatch(
      /^Worse than the baseline: nDCG@10 of rerank fell from 1\.000 to 0\.700 \(−0\.300, 95 % confidence interval −0\.\d+ to −0\.\d+; p = 0\.031, 20 questions\)\.$/,
    );
    expect(detectionWords(six)).toEqual([
      expect.stringMatching(/20 questions detect a drop of 0\.\d+ with a probability of 80 %/),
    ]);
  });

  test("does not call a rise worse", () => {
    const comparison = compared({ rerank: without(8) }, { rerank: ones(20) });
    expect(comparison.isWorse).toBe(false);
    expect(comparison.systems[0]?.outcome).toBe("better");
    expect(comparison.verdict).toContain("It rose significantly with rerank.");
  });

  test("corrects for the number of systems", () => {
    const [full, fallen] = [ones(20), without(6)];
    const before = { dense: full, bm25: full, rerank: full };
    const one = compared(before, { dense: full, bm25: full, rerank: fallen });
    expect(one.systems[2]?.comparison.pValue).toBe(2 / 2 ** 6);
    expect(one.systems[2]?.comparison.adjustedPValue).toBe(6 / 2 ** 6);
    expect(one.isWorse).toBe(false);
    expect(detectionWords(one)[2]).toContain("fewer than 7 changed values");
    const more = compared(before, { dense: full, bm25: full, rerank: without(8) });
    expect(more.isWorse).toBe(true);
    expect(more.verdict).toContain("adjusted p = ");
  });

  test("lists the questions that fell, with the rank of their answer", () => {
    const before = [1, 1, 0.5, ...ones(6)];
    const after = [0.5, 0, 0.5, ...ones(6)];
    const [system] = compared({ rerank: before }, { rerank: after }).systems;
    expect(system?.drops).toEqual([
      {
        query: "q1",
        text: "Question q1?",
        before: 1,
        after: 0,
        rankBefore: 1,
        rankAfter: undefined,
      },
      { query: "q0", text: "Question q0?", before: 1, after: 0.5, rankBefore: 1, rankAfter: 3 },
    ]);
  });

  test("compares times only if a tolerance is given, and p95 against p95", () => {
    const systems = { rerank: ones(20) };
    const baseline = baselineOf(resultOf({ systems, p95: 100 }), {});
    const slower = resultOf({ systems, p95: 126 });
    expect(compareToBaseline(baseline, slower).isWorse).toBe(false);
    const strict = compareToBaseline(baseline, slower, { latencyTolerance: 0.25 });
    expect(strict.isWorse).toBe(true);
    expect(strict.verdict).toBe(
      "Worse than the baseline: the 95th percentile (p95) of the time per query of rerank rose from 100 ms to 126 ms, by more than 25 %.",
    );
    const at = resultOf({ systems, p95: 125 });
    expect(compareToBaseline(baseline, at, { latencyTolerance: 0.25 }).isWorse).toBe(false);
  });

  test("shows other settings and new systems without refusing them", () => {
    const baseline = baselineOf(resultOf({ systems: { rerank: ones(20) } }), {
      settings: { model: "small", candidates: 50, device: "cpu" },
    });
    const after = resultOf({ systems: { hybrid: ones(20), rerank: ones(20) } });
    const settings = { model: "large", candidates: "50", dtype: "int8" };
    const comparison = compareToBaseline(baseline, after, { settings });
    expect(comparison.changedSettings).toEqual([
      { name: "model", before: "small", after: "large" },
      { name: "device", before: "cpu", after: undefined },
      { name: "dtype", before: undefined, after: "int8" },
    ]);
    expect(comparison.newSystems).toEqual(["hybrid"]);
    expect(comparison.systems.map(({ name }) => name)).toEqual(["rerank"]);
  });
});

describe("compareToBaseline refuses", () => {
  const systems = { dense: ones(20), rerank: ones(20) };
  const baseline = baselineOf(resultOf({ systems }), { collection: "first" });
  const collection = "first";
  const start = "Expected the same measurement as in the baseline, but ";
  const end = ": measure the same as the baseline, or update the baseline with `writeBaseline`.";

  test.each([
    ["other texts", resultOf({ systems }), "second", "its collection is first instead of second"],
    [
      "texts that nobody names",
      resultOf({ systems }),
      undefined,
      "its collection is first instead of not stated",
    ],
    [
      "other measures",
      resultOf({ systems, measures: ["nDCG@10", "R@5"] }),
      collection,
      "its measures are nDCG@10 instead of nDCG@10, R@5",
    ],
    [
      "new questions",
      resultOf({ systems: { dense: ones(24), rerank: ones(24) } }),
      collection,
      'it lacks 4 questions ("q20", "q21", "q22", …)',
    ],
    [
      "missing questions",
      resultOf({ systems: { dense: ones(19), rerank: ones(19) } }),
      collection,
      'it also has 1 question ("q19")',
    ],
    [
      "a question in other words",
      resultOf({ systems, textOf: (id) => (id === "q3" ? "Why?" : `Question ${id}?`) }),
      collection,
      'it has another text of 1 question ("q3")',
    ],
    [
      "other judgements",
      resultOf({ systems, gradeOf: (id) => (id === "q4" ? 1 : 2) }),
      collection,
      'it has other judgements of 1 question ("q4")',
    ],
    [
      "a system that is no longer measured",
      resultOf({ systems: { dense: ones(20) } }),
      collection,
      "its system rerank was not measured",
    ],
  ])("%s", (_name, after, own, difference) => {
    expect(() => compareToBaseline(baseline, after, { collection: own })).toThrow(
      `${start}${difference}${end}`,
    );
  });

  test("a result with failed questions", () => {
    const failures = new Map([["q2", "timeout"]]);
    expect(() =>
      compareToBaseline(baseline, resultOf({ systems, failures }), { collection }),
    ).toThrow(
      'Expected an answer to each question, but with "dense", 1 of 20 questions failed, for example "q2" ("timeout"): fix the cause and ask again.',
    );
  });

  test("what is not a baseline, such as its promise or its path", () => {
    for (const value of [Promise.resolve(baseline), "baseline.json", undefined, {}]) {
      expect(() =>
        Reflect.apply(compareToBaseline, undefined, [value, resultOf({ systems })]),
      ).toThrow("Expected `baseline` to be the result of readBaseline(), got ");
    }
  });
});
