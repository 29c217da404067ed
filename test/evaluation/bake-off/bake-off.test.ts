import { describe, expect, test } from "vitest";
import { CrossEncoderReranker } from "../../../src/cross-encoder/cross-encoder-reranker.ts";
import { bakeOff, type BakeOffOptions } from "../../../src/evaluation/bake-off/bake-off.ts";
import type { BakeOffEntry } from "../../../src/evaluation/bake-off/entries.ts";
import { evaluate } from "../../../src/evaluation/evaluate.ts";
import { runFrom } from "../../../src/evaluation/data/plain-objects.ts";
import { readConfiguration } from "../../../src/evaluation/gate/saved-configuration.ts";
import { nDCG } from "../../../src/evaluation/measures/ndcg.ts";
import { recall } from "../../../src/evaluation/measures/recall.ts";
import type { PairScorer } from "../../../src/ranking/pair-scorer.ts";
import { CascadeScorer } from "../../../src/rerankers/cascade-scorer.ts";
import { TwoStageRetriever } from "../../../src/retrieval/two-stage-retriever.ts";
import {
  collect,
  firstStages,
  judgements,
  queries,
  rerankersOf,
  scorerOf,
  scorers,
  sourceOf,
  timed,
} from "./planted-bake-off.ts";

const measures = [nDCG(10), recall(5)];
const times = { near: 2, far: 3, good: 40, better: 160, bad: 10, twin: 60 };
const collected = timed(await collect(), times);

function decide(given: Partial<BakeOffOptions> = {}) {
  return bakeOff({ pools: collected, judgements, measures, resamples: 500, ...given });
}

/** The reranker of an entry, made by hand. */
function rerankerOf({ reranker }: BakeOffEntry): CrossEncoderReranker {
  const byName = new Map<string, PairScorer>(Object.entries(scorers));
  const of = (name = ""): PairScorer => byName.get(name) ?? scorers.bad;
  if (byName.has(reranker)) return new CrossEncoderReranker({ scorer: of(reranker) });
  if (reranker === "none") return new CrossEncoderReranker({ scorer: scorers.bad });
  const [, fast, slow, count] = /^(\w+) → (\w+) over the best (\d+)$/.exec(reranker) ?? [];
  const stages = [{ scorer: of(fast) }, { scorer: of(slow), candidateCount: Number(count) }];
  return new CrossEncoderReranker({ scorer: new CascadeScorer({ stages }) });
}

describe("every entry of a bake-off", () => {
  test("ranks as a search with its settings does", async () => {
    const { entries } = decide({ candidateCounts: [7, 20], blends: [0.4, 1], cascadeCounts: [3] });
    // Two first stages with: none, four rerankers with two depths and blends, six pairs with two depths.
    expect(entries).toHaveLength(2 * (1 + 4 * 4 + 6 * 2));
    expect(new Set(entries.map(({ name }) => name)).size).toBe(entries.length);
    for (const entry of entries) {
      const { candidateCount = 20, blend } = entry.settings;
      const retriever = new TwoStageRetriever({
        candidates: entry.firstStage === "near" ? firstStages.near : firstStages.far,
        reranker: rerankerOf(entry),
        rerank: entry.settings.candidateCount !== undefined,
        k: candidateCount,
        candidateCount,
        blend: entry.settings.candidateCount === undefined ? 1 : blend,
      });
      const run: Record<string, string[]> = {};
      for (const [id, text] of queries) {
        run[id] = (await retriever.invoke(text)).map((document) => document.id ?? "");
      }
      const byHand = evaluate(measures, { run: runFrom(run), judgements });
      expect(entry.evaluations, entry.name).toEqual(byHand);
    }
  });

  test("takes the share of the time that its candidates have", () => {
    const { entries } = decide({ candidateCounts: [10, 20], blends: [1], cascadeCounts: [5] });
    const msOf = (name: string): number =>
      entries.find((entry) => entry.name === name)?.latency.mean ?? Number.NaN;
    const [alone, half, whole] = [
      "near, not reranked",
      "near + good, 10 candidates",
      "near + good, 20 candidates",
    ].map(msOf);
    expect(alone).toBe(2);
    const union = collected.pools.get("q0")?.documents.length ?? 0;
    // Passages of similar length: the share is about that of their number.
    expect(((whole ?? 0) - 2) / 40).toBeCloseTo(20 / union, 1);
    expect((half ?? 0) - 2).toBeCloseTo(((whole ?? 0) - 2) / 2, -1);
    const cascade = msOf("near + good → better over the best 5, 20 candidates");
    expect(cascade).toBeCloseTo((whole ?? 0) + (160 * 5) / union, -1);
  });

  test("of a first stage alone needs no reranker", async () => {
    const pools = await collect({ rerankers: {} });
    const { entries, recommended, agreements } = decide({ pools });
    expect(entries.map(({ name }) => name).toSorted()).toEqual([
      "far, not reranked",
      "near, not reranked",
    ]);
    expect(recommended?.firstStage).toBe("near");
    expect(agreements).toEqual([]);
  });
});

describe("the recommendation", () => {
  test.each([
    [5, "none", "none"],
    [40, "good", "good"],
    [Infinity, "better", "better"],
  ])("within %d ms is the cheapest that is not significantly worse", (maxLatencyMs, best) => {
    const result = decide(maxLatencyMs === Infinity ? {} : { maxLatencyMs });
    const { recommended, front } = result;
    expect(result.best?.reranker).toContain(best);
    expect(recommended?.latency.p95).toBeLessThanOrEqual(maxLatencyMs);
    // By its definition: every cheaper entry of the front is significantly worse.
    const cheaper = front.slice(
      0,
      front.findIndex(({ name }) => name === recommended?.name),
    );
    for (const { comparison } of cheaper) expect(comparison.pValue).toBeLessThanOrEqual(0.05);
    const isBest = recommended?.name === result.best?.name;
    expect(isBest || (recommended?.comparison.pValue ?? 0) > 0.05).toBe(true);
    expect(recommended?.reranker).not.toMatch(/bad|twin/);
    expect(result.configuration.reason).toContain(`Use ${recommended?.name}: nDCG@10 0.`);
  });

  test.each([undefined, 3, 10, 20, 30, 50, 100, 200])(
    "within %s ms is never the planted bad one, nor one beaten by a cheaper one",
    (maxLatencyMs) => {
      const { front, recommended } = decide({ maxLatencyMs });
      for (const { reranker, name } of [...front, ...(recommended ? [recommended] : [])]) {
        expect(reranker, name).not.toMatch(/bad/);
      }
      const means = front.map(({ evaluations: [{ mean }] }) => mean);
      expect(means).toEqual(means.toSorted((a, b) => a - b));
    },
  );

  test("of two that rank the same is the faster one", () => {
    const { front } = decide({ blends: [1], cascadeCounts: [] });
    expect(front.map(({ reranker }) => reranker)).toContain("good");
    expect(front.map(({ reranker }) => reranker)).not.toContain("twin");
    const swapped = timed(collected, { ...times, good: 60, twin: 40 });
    const other = decide({ pools: swapped, blends: [1], cascadeCounts: [] }).front;
    expect(other.map(({ reranker }) => reranker)).toContain("twin");
    expect(other.map(({ reranker }) => reranker)).not.toContain("good");
  });

  test("counts a price before time", () => {
    const pricePerQuery = { better: 0.002 };
    const { entries, front } = decide({ pricePerQuery });
    expect(entries.at(-1)?.pricePerQuery).toBe(0.002);
    expect(entries[0]?.pricePerQuery).toBe(0);
    const prices = front.map((entry) => entry.pricePerQuery);
    expect(prices).toEqual(prices.toSorted((a, b) => a - b));
    const { best, configuration } = decide({ pricePerQuery, maxPricePerQuery: 0.001 });
    expect(best?.reranker).not.toContain("better");
    expect(configuration.reason).not.toContain("price");
    const paid = decide({ pricePerQuery });
    expect(paid.best?.reranker).toContain("better");
    expect(paid.configuration.reason).toContain("price 0.002 per query");
  });

  test("says how many more queries would settle a difference that may be chance", async () => {
    const close = new CrossEncoderReranker({ scorer: scorerOf("close", 2.5) });
    const rerankers = { ...rerankersOf(["good"]), close };
    const pools = timed(await collect({ rerankers }), { ...times, close: 80 });
    const given = { pools, blends: [1], cascadeCounts: [] };
    const result = decide(given);
    expect([result.recommended?.reranker, result.best?.reranker]).toEqual(["good", "close"]);
    const { difference = 0, detectableDifference = 0 } = result.recommended?.comparison ?? {};
    const { missingQueries } = result;
    expect(missingQueries).toBe(Math.ceil(60 * (detectableDifference / difference) ** 2) - 60);
    expect(missingQueries).toBeGreaterThan(0);
    expect(result.configuration.reason).toContain(
      `The difference may be chance: about ${missingQueries.toLocaleString("en")} more judged queries would settle it.`,
    );
    // A difference that does not matter needs no more queries.
    expect(decide({ ...given, minGain: 1 }).missingQueries).toBe(0);
  });

  test("takes a cheaper entry that is less than the minimum gain below the best", () => {
    const { recommended, best, configuration } = decide({ minGain: 0.9 });
    expect(best?.reranker).toBe("none");
    expect(recommended?.name).toBe(best?.name);
    const close = decide({ minGain: 0.2, level: 0.5 });
    expect(close.recommended?.name).not.toBe(close.best?.name);
    expect(configuration.decision).toBe("first-stage");
    expect(close.configuration.reason).toContain("It is the cheapest that is less than 0.2 below");
  });

  test("is not taken if nothing relevant is found, which looks like wrong ids", () => {
    const foreign = new Map(Array.from(judgements.keys(), (id) => [id, new Map([["x", 1]])]));
    const { configuration } = decide({ judgements: foreign });
    expect(configuration.decision).toBe("undecided");
    expect(configuration.reason).toMatch(/^No decision: nDCG@10 is 0 with every configuration/);
  });

  test("is not taken with too few queries", () => {
    const few = new Map([...judgements].slice(0, 20));
    const { configuration, recommended, missingQueries } = decide({ judgements: few });
    expect(configuration).toMatchObject({ decision: "undecided", rerank: undefined });
    expect(configuration.reason).toMatch(
      /^No decision: expected at least 50 judged queries, got 20\. On these, (near|far)/,
    );
    expect(recommended).toBeDefined();
    expect(missingQueries).toBeGreaterThanOrEqual(30);
  });

  test("is absent if nothing is within the limits", () => {
    const { configuration, recommended, best, front } = decide({ maxLatencyMs: 1 });
    expect([recommended, best, front]).toEqual([undefined, undefined, []]);
    expect(configuration.decision).toBe("undecided");
    expect(configuration.reason).toBe(
      "No configuration is within the limits: the fastest, near, not reranked, has 2.0 ms per query on average, 95th percentile 2.0 ms. Raise the limits, or compare faster rerankers.",
    );
  });

  test("is a configuration that a retriever takes, also of a cascade", async () => {
    const single = decide({ cascadeCounts: [] });
    expect(single.configuration).toMatchObject({ decision: "rerank", firstStage: "near" });
    const entry = single.recommended;
    const options = { candidates: firstStages.near, k: 5 };
    const json = JSON.stringify(single.configuration);
    expect(readConfiguration(json)).toEqual(single.configuration);
    const reranker = entry && rerankerOf(entry);
    if (!reranker) throw new Error("no recommendation");
    const retriever = await TwoStageRetriever.fromConfiguration(json, { ...options, reranker });
    expect((await retriever.search("question 1")).candidates).toHaveLength(
      entry.settings.candidateCount ?? 0,
    );
    // As if only a cascade were within the limits.
    const { entries } = decide({ blends: [1], cascadeCounts: [5] });
    const cascade = entries.find(({ reranker: name }) => name === "good → better over the best 5");
    const model = { name: cascade?.scorer?.name, fileHash: undefined, arithmetic: undefined };
    const configuration = { ...single.configuration, model };
    const own = cascade && rerankerOf(cascade);
    if (!own) throw new Error("no cascade");
    await TwoStageRetriever.fromConfiguration(configuration, { ...options, reranker: own });
    await expect(
      TwoStageRetriever.fromConfiguration(configuration, { ...options, reranker }),
    ).rejects.toMatchObject({ code: "model-mismatch" });
  });
});

describe("a reranker", () => {
  test("is admitted over a first stage that it improves with settings chosen on other queries", () => {
    const { admissions } = decide();
    const isAdmitted = (firstStage: string, reranker: string) =>
      admissions.find((one) => one.firstStage === firstStage && one.reranker === reranker)
        ?.isAdmitted;
    for (const firstStage of ["near", "far"]) {
      expect(isAdmitted(firstStage, "good")).toBe(true);
      expect(isAdmitted(firstStage, "better")).toBe(true);
      expect(isAdmitted(firstStage, "bad")).toBe(false);
      expect(isAdmitted(firstStage, "good → better")).toBe(true);
    }
  });

  test("has a p value that is corrected for the other rerankers", () => {
    const { admissions } = decide();
    const near = admissions.filter((one) => one.firstStage === "near");
    const bad = near.find((one) => one.reranker === "bad");
    expect(bad?.adjustedPValue).toBeGreaterThanOrEqual(bad?.comparison.pValue ?? 1);
    // The smallest of four p values is multiplied by four.
    const singles = near.filter(({ reranker }) => !reranker.includes("→"));
    const smallest = Math.min(...singles.map(({ comparison }) => comparison.pValue));
    expect(Math.min(...singles.map((one) => one.adjustedPValue))).toBeCloseTo(4 * smallest, 12);
  });

  test("keeps out a cascade whose last reranker is not admitted", () => {
    const slowBad = timed(collected, { ...times, bad: 500 });
    const { admissions, entries } = decide({ pools: slowBad });
    expect(entries.some(({ family }) => family === "good → bad")).toBe(true);
    const cascades = admissions.filter(({ reranker }) => reranker.endsWith("→ bad"));
    expect(cascades.length).toBeGreaterThan(0);
    for (const { isAdmitted } of cascades) expect(isAdmitted).toBe(false);
  });

  test("of five that know nothing is hardly ever admitted", async () => {
    let admitted = 0;
    const rounds = 20;
    for (let round = 0; round < rounds; round += 1) {
      const names = [1, 2, 3, 4, 5].map((number) => `blind ${round}.${number}`);
      const rerankers = Object.fromEntries(
        names.map((name) => [name, new CrossEncoderReranker({ scorer: scorerOf(name, 1000) })]),
      );
      const chance = sourceOf(`chance ${round}`, 1000);
      const pools = await collect({ rerankers, firstStages: { chance } });
      const { configuration } = decide({ pools, resamples: 1000, blends: [0.5, 1] });
      admitted += Number(configuration.decision === "rerank");
    }
    // One in twenty is expected at a level of 0.05.
    expect(admitted).toBeLessThanOrEqual(3);
  }, 60_000);

  test("that is not admitted is mentioned if more queries could admit it", async () => {
    const faint = new CrossEncoderReranker({ scorer: scorerOf("faint", 12) });
    const pools = timed(await collect({ rerankers: { faint } }), { ...times, faint: 20 });
    const { admissions, recommended, configuration, missingQueries } = decide({ pools });
    expect(admissions.map((one) => one.isAdmitted)).toEqual([false, false]);
    expect(recommended?.reranker).toBe("none");
    expect(configuration.decision).toBe("first-stage");
    const hasGain = admissions.some(({ comparison }) => comparison.difference >= 0.005);
    expect(missingQueries > 0).toBe(hasGain);
    expect(configuration.reason.includes("which may be chance")).toBe(hasGain);
  });
});

describe("rerankers", () => {
  test("are compared at their best, with Holm's correction for all pairs", () => {
    const { comparisons } = decide({ cascadeCounts: [] });
    // None, and four rerankers, without their cascades.
    expect(comparisons).toHaveLength((5 * 4) / 2);
    for (const { comparison, adjustedPValue, isSignificant } of comparisons) {
      expect(comparison.difference).toBeGreaterThanOrEqual(0);
      expect(adjustedPValue).toBeGreaterThanOrEqual(comparison.pValue);
      expect(isSignificant).toBe(adjustedPValue <= 0.05);
    }
    expect(comparisons.some(({ isSignificant }) => isSignificant)).toBe(true);
  });

  test("agree as far as their scores do", () => {
    const { agreements } = decide();
    const of = (one: string, other: string) =>
      agreements.find(({ rerankers }) => rerankers.includes(one) && rerankers.includes(other));
    expect(of("good", "twin")).toMatchObject({ rankCorrelation: 1, overlapAt10: 1 });
    expect(Math.abs(of("good", "bad")?.rankCorrelation ?? 1)).toBeLessThan(0.1);
  });
});

describe("a bake-off is refused", () => {
  test.each([
    ["pools", { pools: {} }, "Expected `pools` to be the result of collectBakeOff()"],
    ["a depth beyond the pools", { candidateCounts: [21] }, "`candidateCounts` to be at most 20"],
    ["an unknown price", { pricePerQuery: { best: 1 } }, 'got "best": use the name'],
    ["a negative price", { pricePerQuery: { good: -1 } }, "`pricePerQuery.good`"],
    ["a cascade count", { cascadeCounts: [0] }, "`cascadeCounts`"],
    ["no measures", { measures: [] }, "Expected at least one measure"],
    [
      "a single query",
      { judgements: new Map([["q1", new Map([["d1", 1]])]]) },
      "at least 2 judged queries",
    ],
    [
      "a judged query that failed",
      { pools: { ...collected, failures: new Map([["q1", "gone"]]) } },
      'for example "q1" with "gone"',
    ],
    [
      "a judged query without a pool",
      {
        judgements: new Map(["q1", "q99"].map((id) => [id, new Map([["d1", 1]])])),
      },
      "q99",
    ],
  ])("with %s", (_name, given, message) => {
    const options = { pools: collected, judgements, measures, ...given };
    expect(() => Reflect.apply(bakeOff, undefined, [options])).toThrow(message);
  });
});
