import { describe, expect, test } from "vitest";
import { evaluate } from "../../src/evaluation/evaluate.ts";
import { nDCG } from "../../src/evaluation/measures/ndcg.ts";
import { recall } from "../../src/evaluation/measures/recall.ts";
import { judgementsOf, runOf } from "./judged.ts";

const refusal = (message: string) => expect.objectContaining({ code: "invalid-input", message });

describe("evaluate", () => {
  const judgements = judgementsOf(
    ["q1", [["a", 1]]],
    ["q2", [["b", 1]]],
    ["__proto__", [["c", 1]]],
  );

  test("counts a judged query without results as 0, and leaves out what is not judged", () => {
    const run = runOf(["q9", [["a", 1]]], ["__proto__", [["c", 1]]], ["q2", []]);
    const { name, perQuery, mean } = evaluate(recall(5), { run, judgements });
    expect(name).toBe("R@5");
    expect([...perQuery]).toEqual([
      ["q1", 0],
      ["q2", 0],
      ["__proto__", 1],
    ]);
    expect(mean).toBeCloseTo(1 / 3, 15);
  });

  test("leaves out a query whose judgements are empty", () => {
    const some = judgementsOf(["q1", [["a", 1]]], ["empty", []]);
    const run = runOf(["q1", [["a", 1]]], ["empty", [["a", 1]]]);
    expect(evaluate(recall(1), { run, judgements: some })).toMatchObject({ mean: 1 });
  });

  test("orders by score, not by position, and breaks ties by descending id", () => {
    const run = runOf([
      "q",
      [
        ["a", 1],
        ["b", 1],
        ["c", 2],
        ["d", 0],
      ],
    ]);
    const order = evaluate(
      { name: "first", ofRanking: (ids) => Number(ids.join("") === "cbad") },
      { run, judgements: judgementsOf(["q", [["a", 1]]]) },
    );
    expect(order.mean).toBe(1);
  });

  test("sees differences that single precision would lose", () => {
    const run = runOf([
      "q",
      [
        ["a", 0.5 + 1e-12],
        ["b", 0.5],
      ],
    ]);
    const one = judgementsOf(["q", [["a", 1]]]);
    expect(evaluate(nDCG(1), { run, judgements: one }).mean).toBe(1);
  });

  test("measures several at once as one by one, in their order", () => {
    const run = runOf(
      [
        "q2",
        [
          ["x", 2],
          ["b", 1],
        ],
      ],
      ["__proto__", [["c", 1]]],
    );
    const measures = [nDCG(10), recall(1), recall(5)];
    const evaluations = evaluate(measures, { run, judgements });
    expect(evaluations).toEqual(measures.map((measure) => evaluate(measure, { run, judgements })));
    expect(evaluations.map(({ name, mean }) => [name, mean])).toEqual([
      ["nDCG@10", (1 / Math.log2(3) + 1) / 3],
      ["R@1", 1 / 3],
      ["R@5", 2 / 3],
    ]);
    expect(evaluate([], { run, judgements })).toEqual([]);
  });

  test("refuses an id twice in one list, and scores and grades that are not finite", () => {
    const twice = runOf([
      "q1",
      [
        ["a", 2],
        ["a", 1],
      ],
    ]);
    expect(() => evaluate(recall(5), { run: twice, judgements })).toThrow(
      refusal('Expected each document once, got "a" twice for query "q1".'),
    );
    const unscored = runOf(["q2", [["a", Number.NaN]]]);
    expect(() => evaluate(recall(5), { run: unscored, judgements })).toThrow(
      refusal('Expected the score of "a" for query "q2" to be a finite number, got NaN.'),
    );
    const ungraded = judgementsOf(["q", [["a", Infinity]]]);
    expect(() => evaluate(recall(5), { run: runOf(), judgements: ungraded })).toThrow(
      refusal('Expected the grade of "a" for query "q" to be a finite number, got Infinity.'),
    );
  });

  test("refuses to take the mean of no query", () => {
    expect(() => evaluate(recall(5), { run: runOf(), judgements: judgementsOf() })).toThrow(
      "Expected judgements for at least one query, got none.",
    );
  });
});
