import { describe, expect, test } from "vitest";
import { chooseConfiguration } from "../../../src/evaluation/gate/choose-configuration.ts";
import { nDCG } from "../../../src/evaluation/measures/ndcg.ts";
import { recall } from "../../../src/evaluation/measures/recall.ts";
import { deepFreeze } from "../../deep-freeze.ts";
import { hint, noise, plantEvidence } from "../fitting/judged-pools.ts";
import { candidate, poolsOf } from "../sweep/pools.ts";
import { atRandom, good, inverted, plant, type PlantedScorer } from "./planted-pools.ts";

const measures = [nDCG(10), recall(5)];
const settings = { measures, candidateCounts: [10, 20, 30], resamples: 1000 };
const seeds = Array.from({ length: 100 }, (_, seed) => seed);

function decide(scorer: PlantedScorer, seed: number) {
  return chooseConfiguration({ ...plant(scorer, { seed }), ...settings, seed });
}

describe("chooseConfiguration", () => {
  test("refuses scorers at random in at least 95 of 100 cases", () => {
    const accepted = seeds.filter((seed) => decide(atRandom, seed).decision !== "first-stage");
    expect(accepted.length).toBeLessThanOrEqual(seeds.length * 0.05);
  });

  test("refuses them as often after a first stage that is random, too", () => {
    const accepted = seeds.filter((seed) => {
      const given = { ...plant(atRandom, { seed, knowsNothing: true }), ...settings, seed };
      return chooseConfiguration(given).decision !== "first-stage";
    });
    expect(accepted.length).toBeLessThanOrEqual(seeds.length * 0.05);
  });

  test("refuses a gain on a few queries that may be chance, and says what would have been found", () => {
    const { judgements } = plant(good, { seed: 1 });
    const pools = Object.fromEntries(
      [...judgements.keys()].map((query, index) => {
        const grades = judgements.get(query);
        const documents = Array.from({ length: 10 }, (_, place) =>
          candidate(`d${place}`, {
            firstScore: -place,
            rawScore: index < 3 && grades?.has(`d${place}`) === true ? 1 : -place,
          }),
        );
        return [query, documents];
      }),
    );
    const given = { ...settings, candidateCounts: [10], judgements };
    const { decision, reason, evidence } = chooseConfiguration({ ...given, pools: poolsOf(pools) });
    expect(evidence?.difference).toBeGreaterThan(0.005);
    expect(evidence?.pValue).toBeGreaterThan(0.05);
    expect(decision).toBe("first-stage");
    expect(reason).toContain("the difference may be chance; these queries detect a gain of ");
  });

  test("refuses random scorers that it must use alone, or only blended", () => {
    for (const blends of [[1], [0.1, 0.2]]) {
      const decisions = seeds
        .slice(0, 60)
        .map((seed) =>
          chooseConfiguration({ ...plant(atRandom, { seed }), ...settings, blends, seed }),
        );
      const accepted = decisions.filter(({ decision }) => decision === "rerank");
      expect(accepted.length).toBeLessThanOrEqual(3);
    }
  });

  test("always refuses a scorer that puts the relevant ones last", () => {
    for (const seed of seeds.slice(0, 40))
      expect(decide(inverted, seed).decision).toBe("first-stage");
  });

  test("accepts a good scorer, with its settings, the evidence and a reason", () => {
    for (const seed of seeds.slice(0, 40)) expect(decide(good, seed).decision).toBe("rerank");
    const { evidence, rerank, ...rest } = decide(good, 1);
    expect(rest).toMatchObject({
      version: 1,
      model: { name: "made up", fileHash: "abc", arithmetic: "int8" },
      measure: "nDCG@10",
      queries: 60,
      reason: expect.stringMatching(
        /^Rerank 30 candidates with a blend weight of [\d.]+: nDCG@10 on 60 queries is 0\.\d{4} with cross-validated settings/,
      ),
    });
    expect(rerank).toMatchObject({ candidateCount: 30, scoreThreshold: undefined });
    expect(evidence?.folds.map(({ queries }) => queries)).toEqual([12, 12, 12, 12, 12]);
    expect(evidence?.pValue).toBeLessThanOrEqual(0.05);
    const { heldOutMean = 0, firstStageMean = 0, difference, interval } = evidence ?? {};
    expect(heldOutMean - firstStageMean).toBeCloseTo(difference ?? 0, 12);
    expect(interval?.low).toBeGreaterThan(0);
    const held = evidence?.folds.reduce((sum, fold) => sum + fold.heldOutMean * fold.queries, 0);
    expect((held ?? 0) / 60).toBeCloseTo(heldOutMean, 12);
  });

  test("changes nothing if queries are few, and says so", () => {
    const few = { ...plant(good, { seed: 1, queries: 49 }), ...settings };
    expect(chooseConfiguration(few)).toMatchObject({
      decision: "undecided",
      rerank: undefined,
      evidence: undefined,
      queries: 49,
      reason: expect.stringContaining(
        "expected at least 50 judged queries, got 49. Keep the current settings",
      ),
    });
    expect(chooseConfiguration({ ...few, minQueries: 49 }).decision).toBe("rerank");
  });

  test("ignores settings that take too long", () => {
    const given = { ...plant(good, { seed: 1 }), ...settings };
    // Pools take 10 ms and 100 ms for 30 candidates of one length.
    expect(chooseConfiguration({ ...given, maxLatencyMs: 80 }).rerank?.candidateCount).toBe(20);
    const none = chooseConfiguration({ ...given, maxLatencyMs: 20 });
    expect(none.decision).toBe("first-stage");
    expect(none.reason).toContain(
      "no setting beats the first stage on the training queries of any fold",
    );
  });

  test("compares the 95th percentile of the times with the limit, not the mean", () => {
    const { pools, judgements } = plant(good, { seed: 1 });
    // Every tenth query takes 1,010 ms, the others 110 ms: with 30 candidates 200 ms on average.
    const uneven = new Map(
      [...pools.pools].map(([query, pool], index) => [
        query,
        { ...pool, rerankMs: index % 10 === 0 ? 1000 : 100 },
      ]),
    );
    const given = { ...settings, judgements, pools: { ...pools, pools: uneven } };
    const depthWithin = (maxLatencyMs: number): number | undefined =>
      chooseConfiguration({ ...given, maxLatencyMs }).rerank?.candidateCount;
    expect(depthWithin(1010)).toBe(30);
    expect(depthWithin(1009)).toBe(20);
    expect(depthWithin(250)).toBeUndefined();
  });

  test("requires the minimum gain", () => {
    const given = { ...plant(good, { seed: 1 }), ...settings };
    const picky = chooseConfiguration({ ...given, minGain: 0.9 });
    expect(picky.decision).toBe("first-stage");
    expect(picky.reason).toContain("the gain is less than the minimum gain of 0.9");
  });

  test("gives the same result for the same seed and any order of the queries", () => {
    const { pools, judgements } = plant(good, { seed: 5 });
    const turned = deepFreeze(new Map([...judgements].toReversed()));
    const one = chooseConfiguration({ pools, judgements, ...settings });
    const other = chooseConfiguration({ pools, judgements: turned, ...settings });
    expect(other.evidence?.difference).toBeCloseTo(one.evidence?.difference ?? 0, 12);
    expect(other.evidence?.folds.map(({ settings: chosen }) => chosen)).toEqual(
      one.evidence?.folds.map(({ settings: chosen }) => chosen),
    );
  });

  test("does not decide if a judged query failed", () => {
    const { pools, judgements } = plant(good, { seed: 1 });
    const judged = new Map([...judgements, ["q99", new Map([["d1", 1]])]]);
    const failures = new Map([["q99", "the model is gone"]]);
    const given = { pools: { ...pools, failures }, judgements: judged, ...settings };
    expect(() => chooseConfiguration(given)).toThrow(
      'for example "q99" with "the model is gone": collect them again with `resumeFrom`',
    );
    expect(chooseConfiguration({ ...given, judgements }).decision).toBe("rerank");
  });

  test.each([
    [{ folds: 1 }, "Expected `folds` to be a whole number of at least 2"],
    [{ minQueries: 4 }, "Expected `minQueries` to be a whole number of at least 5"],
    [{ minGain: -1 }, "Expected `minGain`"],
    [{ maxLatencyMs: -1 }, "Expected `maxLatencyMs`"],
    [{ candidateCounts: [31] }, "Expected `candidateCounts` to be at most 30"],
    [{ measures: [] }, "Expected at least one measure in `measures`"],
  ])("refuses %o", (wrong, message) => {
    const given = { ...plant(good, { seed: 1 }), ...settings };
    expect(() => chooseConfiguration({ ...given, ...wrong })).toThrow(message);
  });

  test("chooses a fitted fusion if it is better than any blend", () => {
    const planted = plantEvidence({ dense: hint, lexical: hint, rerank: hint });
    const given = deepFreeze({ ...planted, ...settings, candidateCounts: [20], fitted: true });
    const { decision, rerank, reason, evidence } = chooseConfiguration(given);
    expect(decision).toBe("rerank");
    expect(rerank).toMatchObject({ candidateCount: 20, blend: { version: 1, queries: 60 } });
    expect(reason).toMatch(/^Rerank 20 candidates with a fitted fusion: /);
    expect(evidence?.folds.map(({ settings: chosen }) => chosen.blend)).toEqual(
      Array.from({ length: 5 }, () => "fitted"),
    );
    const without = chooseConfiguration({ ...given, fitted: false });
    expect(evidence?.heldOutMean).toBeGreaterThan((without.evidence?.heldOutMean ?? 1) + 0.05);
  });

  test("measures a fusion only on queries that it was not fitted on", () => {
    // On its own queries a fusion of noise is better than none, on others it is not.
    const accepted = seeds.slice(0, 10).filter((seed) => {
      const planted = plantEvidence({ dense: noise, lexical: noise, rerank: noise }, { seed });
      const given = { ...planted, ...settings, candidateCounts: [20], fitted: true, seed };
      return chooseConfiguration(given).decision === "rerank";
    });
    expect(accepted.length).toBeLessThanOrEqual(1);
  }, 60_000);

  test("fits no fusion if it would take too long", () => {
    const planted = plantEvidence({ dense: hint, lexical: hint, rerank: hint });
    const given = { ...planted, ...settings, candidateCounts: [20], fitted: true };
    const { rerank, evidence } = chooseConfiguration({ ...given, maxLatencyMs: 50 });
    expect(rerank).toBeUndefined();
    expect(evidence?.folds.every(({ settings: chosen }) => chosen.blend === 0)).toBe(true);
  });
});
