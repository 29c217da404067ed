import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { judgementsFrom, runFrom } from "../../src/evaluation/data/plain-objects.ts";
import { evaluate } from "../../src/evaluation/evaluate.ts";
import { deepFreeze } from "../deep-freeze.ts";
import { measures } from "./measures/all-measures.ts";

interface GoldenCase {
  readonly judgements: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly run: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** For each measure, then for each judged query; null where the reference breaks ties otherwise. */
  readonly per_query: readonly (readonly number[] | null)[];
  readonly mean: readonly (number | null)[];
}

/** Made by test/fixtures/make_measures_golden.py, which says how and with which versions. */
const golden: { readonly measures: readonly string[]; readonly cases: readonly GoldenCase[] } =
  deepFreeze(
    JSON.parse(readFileSync(join(import.meta.dirname, "../fixtures/golden/measures.json"), "utf8")),
  );
const cases = golden.cases.map((goldenCase) => {
  const run = deepFreeze(runFrom(goldenCase.run));
  const judgements = deepFreeze(judgementsFrom(goldenCase.judgements));
  return { ...goldenCase, evaluations: evaluate(measures, { run, judgements }) };
});

describe("measures", () => {
  test("are those of the golden file, on 200 runs", () => {
    expect(measures.map(({ name }) => name)).toEqual(golden.measures);
    expect(cases).toHaveLength(200);
  });

  test.each(golden.measures.map((name, column) => ({ name, column })))(
    "$name is what trec_eval gives, query by query and in the mean",
    ({ name, column }) => {
      let compared = 0;
      for (const [
        place,
        { judgements, per_query: perQuery, mean, evaluations },
      ] of cases.entries()) {
        const expected = perQuery[column];
        if (!expected) continue;
        const found = evaluations[column];
        expect(found?.name).toBe(name);
        expect([...(found?.perQuery.keys() ?? [])]).toEqual(Object.keys(judgements));
        for (const [at, [query, value]] of [...(found?.perQuery ?? [])].entries()) {
          const difference = Math.abs(value - (expected[at] ?? Number.NaN));
          expect(difference, `case ${place}, ${query}`).toBeLessThan(1e-9);
        }
        const difference = Math.abs((found?.mean ?? Number.NaN) - (mean[column] ?? Number.NaN));
        expect(difference, `case ${place}, mean`).toBeLessThan(1e-9);
        compared += 1;
      }
      const breaksTiesOtherwise = name.startsWith("Judged") || /^RR.*@/.test(name);
      expect(compared).toBe(breaksTiesOtherwise ? 100 : 200);
    },
  );
});
