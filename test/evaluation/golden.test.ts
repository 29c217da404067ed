import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { evaluate } from "../../src/evaluation/evaluate.ts";
import { nDCG } from "../../src/evaluation/ndcg.ts";
import { recall } from "../../src/evaluation/recall.ts";
import { judgementsOf, type Queries, runOf } from "./judged.ts";

interface GoldenCase {
  readonly judgements: Queries;
  readonly run: Queries;
  readonly per_query: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly mean: Readonly<Record<string, number>>;
}

/** Made by test/fixtures/make_measures_golden.py, which says how and with which versions. */
const golden: { readonly cases: readonly GoldenCase[] } = JSON.parse(
  readFileSync(join(import.meta.dirname, "../fixtures/golden/measures.json"), "utf8"),
);

test.each([nDCG(1), nDCG(3), nDCG(10), recall(1), recall(5), recall(10)])(
  "$name is what trec_eval gives, query by query and in the mean",
  (measure) => {
    expect(golden.cases).toHaveLength(60);
    for (const [index, { judgements, run, per_query: perQuery, mean }] of golden.cases.entries()) {
      const found = evaluate(measure, {
        run: runOf(...run),
        judgements: judgementsOf(...judgements),
      });
      const expected = perQuery[measure.name] ?? {};
      expect([...found.perQuery.keys()].toSorted()).toEqual(Object.keys(expected).toSorted());
      for (const [query, value] of found.perQuery) {
        const difference = Math.abs(value - (expected[query] ?? Number.NaN));
        expect(difference, `case ${index}, ${query}`).toBeLessThan(1e-9);
      }
      const difference = Math.abs(found.mean - (mean[measure.name] ?? Number.NaN));
      expect(difference, `case ${index}, mean`).toBeLessThan(1e-9);
    }
  },
);
