import { describe, expect, test } from "vitest";
import { parseMeasure } from "../../../src/evaluation/measures/parse-measure.ts";
import { gradesOf } from "../judged.ts";
import { measures } from "./all-measures.ts";

const grades = gradesOf({ a: 3, b: 1, c: 0, d: 2, e: -1 });
const ids = ["x", "b", "e", "d", "y", "c", "a"];

describe("parseMeasure", () => {
  test.each(measures)("reads $name as what printed it", (measure) => {
    const parsed = parseMeasure(measure.name);
    expect(parsed.name).toBe(measure.name);
    expect(parsed.ofRanking(ids, grades)).toBe(measure.ofRanking(ids, grades));
  });

  test("reads the default level, and prints the name without it", () => {
    expect(parseMeasure("P(rel=1)@3").name).toBe("P@3");
  });

  test.each([
    "",
    "ndcg@10",
    "nDCG@",
    "nDCG@ten",
    "nDCG@10 ",
    "nDCG(rel=2)@10",
    "Judged(rel=2)@10",
    "P",
    "R(rel=2)",
    "Success",
    "P@3(rel=2)",
    "P(rel=-1)@3",
    "toString@3",
    "nDCG@10\n",
  ])("says of %j what was expected", (name) => {
    expect(() => parseMeasure(name)).toThrow(
      expect.objectContaining({
        code: "invalid-option",
        message: `Expected the name of a measure, such as nDCG@10, nDCG, RR@10, AP, AP(rel=2)@100, P@3, R@5, Success@1 or Judged@10, got ${JSON.stringify(name)}.`,
      }),
    );
  });

  test("says which cutoff or level is too low", () => {
    expect(() => parseMeasure("P@0")).toThrow("Expected `cutoff` to be a whole number");
    expect(() => parseMeasure("AP(rel=0)")).toThrow(
      "Expected `relevanceLevel` to be a whole number",
    );
  });
});
