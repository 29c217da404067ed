import { expect, test } from "vitest";
import { fitSettings } from "../../../src/evaluation/gate/fit-settings.ts";
import { nDCG } from "../../../src/evaluation/measures/ndcg.ts";
import { hint, plantEvidence } from "../fitting/judged-pools.ts";

test("fits on the given queries alone, and measures on all", () => {
  const planted = plantEvidence({ dense: hint, lexical: hint, rerank: hint });
  const queries = [...planted.judgements.keys()].slice(0, 20);
  const judged = { ...planted, measures: [nDCG(10)] };
  const options = { folds: 5, seed: 1, resamples: 1 };
  const [settings] = fitSettings(judged, queries, options);
  expect(settings?.fusion.queries).toBe(20);
  expect(settings?.evaluation.perQuery.size).toBe(60);
  // Judgements of other queries change nothing.
  const others = new Map(
    [...planted.judgements].map(([query, grades]) => [
      query,
      queries.includes(query) ? grades : new Map([["d0", 1]]),
    ]),
  );
  const [same] = fitSettings({ ...judged, judgements: others }, queries, options);
  expect(same?.fusion).toEqual(settings?.fusion);
});
