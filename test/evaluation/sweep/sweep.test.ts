import { describe, expect, test } from "vitest";
import { nDCG } from "../../../src/evaluation/measures/ndcg.ts";
import { recall } from "../../../src/evaluation/measures/recall.ts";
import { sweep } from "../../../src/evaluation/sweep/sweep.ts";
import { judgementsOf } from "../judged.ts";
import { candidate, poolsOf } from "./pools.ts";

const names = Array.from({ length: 12 }, (_, index) => `q${index}`);
const judgements = judgementsOf(...names.map((name) => [name, [["good", 1]]] as const));
/** The good document stands third; the reranker puts it first. */
const helpful = poolsOf(
  Object.fromEntries(
    names.map((name) => [
      name,
      [
        candidate("a", { firstScore: 9, rawScore: 0.1 }),
        candidate("b", { firstScore: 8, rawScore: 0 }),
        candidate("good", { firstScore: 7, rawScore: 2 }),
        candidate("c", { firstScore: 1, rawScore: 0 }),
        candidate("d", { firstScore: 0, rawScore: 0 }),
      ],
    ]),
  ),
);
const measures = [recall(1), nDCG(10)];
const given = { pools: helpful, judgements, measures, candidateCounts: [5, 2, 3, 3] };

describe("sweep", () => {
  test("gives every combination once, smallest depth first, with measures and intervals in order", () => {
    const { points, measures: named } = sweep({ ...given, blends: [1, 0.5], thresholds: [0.6] });
    expect(named).toEqual(["R@1", "nDCG@10"]);
    expect(points.map((point) => [point.candidateCount, point.blend])).toEqual([
      [2, 1],
      [2, 0.5],
      [3, 1],
      [3, 0.5],
      [5, 1],
      [5, 0.5],
    ]);
    expect(points[2]?.evaluations.map(({ name, mean }) => [name, mean])).toEqual([
      ["R@1", 1],
      ["nDCG@10", 1],
    ]);
    expect(points[2]?.intervals).toEqual([
      { low: 1, high: 1 },
      { low: 1, high: 1 },
    ]);
    expect(points[2]?.run.get("q0")).toEqual([{ id: "good", score: 1 }]);
  });

  test("says that times are measured at the depth of the pools, and forecast at others", () => {
    const { points, firstStage } = sweep(given);
    expect(firstStage.timing).toBe("measured");
    expect(points.map(({ candidateCount, timing }) => [candidateCount, timing])).toEqual([
      [2, "forecast"],
      [3, "forecast"],
      [5, "measured"],
    ]);
  });

  test("finds the best, and the cheapest that is not significantly worse", () => {
    const { best, cheapest, firstStage } = sweep(given);
    expect(best.candidateCount).toBe(3);
    expect(cheapest.candidateCount).toBe(3);
    expect(firstStage.evaluations[0]?.mean).toBe(0);
    const few = judgementsOf(...names.slice(0, 3).map((name) => [name, [["good", 1]]] as const));
    expect(sweep({ ...given, judgements: few }).cheapest.candidateCount).toBeUndefined();
  });

  test("does not call a harmful reranker best", () => {
    const harmed = judgementsOf(...names.map((name) => [name, [["a", 1]]] as const));
    const { best, cheapest } = sweep({ ...given, judgements: harmed });
    expect(best.candidateCount).toBeUndefined();
    expect(cheapest.candidateCount).toBeUndefined();
  });

  test("reports what the best order of the largest pool would give", () => {
    const graded = judgementsOf([
      "q0",
      [
        ["d", 2],
        ["c", 1],
        ["elsewhere", 1],
      ],
    ]);
    const { oracle } = sweep({ ...given, measures: [nDCG(10)], judgements: graded });
    const gain = 2 + 1 / Math.log2(3);
    expect(oracle.name).toBe("nDCG@10");
    expect(oracle.mean).toBeCloseTo(gain / (gain + 0.5), 12);
  });

  test("takes the depths up to that of the pools, unless told", () => {
    const deep = poolsOf({ q0: Array.from({ length: 40 }, (_, index) => candidate(`d${index}`)) });
    const one = { pools: deep, judgements: judgementsOf(["q0", [["d1", 1]]]), measures };
    expect(sweep(one).points.map(({ candidateCount }) => candidateCount)).toEqual([10, 20, 30, 40]);
  });

  test("takes a document at its best passage, and keeps ties in the first stage's order", () => {
    const passages = [
      candidate("a", { rawScore: 1 }),
      candidate("b", { rawScore: 3 }),
      candidate("a", { rawScore: 3 }),
      candidate("c", { rawScore: undefined }),
      candidate("b", { rawScore: 2 }),
    ];
    const pools = poolsOf({ q0: passages });
    const one = { pools, judgements: judgementsOf(["q0", [["a", 1]]]), measures };
    const { points } = sweep({ ...one, candidateCounts: [5] });
    expect(points[0]?.run.get("q0")?.map(({ id }) => id)).toEqual(["b", "a", "c"]);
  });

  test("counts a failed query 0 everywhere, and says why", () => {
    const failures = new Map([["q99", "the model is gone"]]);
    const pools = { ...helpful, failures };
    const more = new Map([...judgements, ["q99", new Map([["good", 1]])]]);
    const result = sweep({ ...given, pools, judgements: more });
    expect(result.failures).toEqual(failures);
    expect(result.best.evaluations[0]?.mean).toBeCloseTo(12 / 13, 12);
    expect(result.firstStage.evaluations[0]?.perQuery.get("q99")).toBe(0);
  });

  test.each([
    [{ candidateCounts: [6] }, "Expected `candidateCounts` to be at most 5"],
    [{ candidateCounts: [] }, "Expected at least one value in `candidateCounts`, got none."],
    [{ blends: [1.5] }, "Expected `blends` to be a number from 0 to 1, got 1.5."],
    [{ thresholds: [-1] }, "Expected `thresholds` to be a number from 0 to 1, got -1."],
    [{ level: 0 }, "Expected `level`"],
    [{ measures: [] }, "Expected at least one measure in `measures`, each once, got none."],
    [{ judgements: judgementsOf(["q77", [["a", 1]]]) }, "Expected a pool for each judged query"],
    [{ pools: { ...helpful, pools: new Map() } }, "Expected at least one pool, got none"],
  ])("refuses %o", (wrong, message) => {
    expect(() => sweep({ ...given, ...wrong })).toThrow(message);
  });
});
