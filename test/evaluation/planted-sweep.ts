import type { Run } from "../../src/evaluation/data/run.ts";
import {
  decidingMean,
  type SweepPoint,
  type SweepResult,
} from "../../src/evaluation/sweep/sweep-result.ts";
import { deepFreeze } from "../deep-freeze.ts";

interface PlantedSweep {
  /** Depth, value of each query, and median milliseconds of each point; depth 0 is the first stage alone. */
  readonly points: readonly (readonly [depth: number, mean: number, p50: number])[];
  readonly oracle?: number;
  readonly measure?: string;
  /** What the first stage gave. */
  readonly run?: Run;
  readonly blend?: number;
  /** How many queries there are. @defaultValue 20 */
  readonly queries?: number;
  /** What a query has at a depth beyond its point's value; the sum over the queries should be 0. @defaultValue 0 */
  readonly deviation?: (query: number, depth: number) => number;
  readonly failures?: ReadonlyMap<string, string>;
}

/** A sweep whose best point has the highest mean, and whose cheapest is the fastest within 0.02 of it. */
export function plantedSweep(planted: PlantedSweep): SweepResult {
  const { points, oracle = 1, measure = "nDCG@10" } = planted;
  const made = points.map((point) => pointOf(point, planted));
  const firstStage = made.find(({ candidateCount }) => candidateCount === undefined);
  const ranked = made.toSorted((a, b) => decidingMean(b) - decidingMean(a));
  const [best] = ranked;
  if (!firstStage || !best) throw new Error("A planted sweep needs a point of depth 0.");
  const [cheapest = best] = ranked
    .filter((point) => decidingMean(point) >= decidingMean(best) - 0.02)
    .toSorted((a, b) => a.latency.p50 - b.latency.p50);
  return deepFreeze({
    measures: [measure],
    firstStage,
    points: made.filter((point) => point !== firstStage),
    best,
    cheapest,
    oracle: { name: measure, perQuery: new Map([["q0", oracle]]), mean: oracle },
    failures: planted.failures ?? new Map(),
  });
}

function pointOf(
  [depth, mean, p50]: PlantedSweep["points"][number],
  planted: PlantedSweep,
): SweepPoint {
  const { measure = "nDCG@10", run = new Map(), blend = 1 } = planted;
  const depths = planted.points.map(([each]) => each);
  const { queries = 20, deviation = () => 0 } = planted;
  const perQuery = new Map(
    Array.from({ length: queries }, (_slot, query) => [
      `q${query}`,
      mean + deviation(query, depth),
    ]),
  );
  return {
    candidateCount: depth === 0 ? undefined : depth,
    blend: depth === 0 ? 0 : blend,
    scoreThreshold: undefined,
    run,
    evaluations: [{ name: measure, perQuery, mean }],
    intervals: [{ low: mean - 0.05, high: mean + 0.05 }],
    latency: { mean: p50, p50, p95: p50 * 1.5 },
    timing: depth === 0 || depth === Math.max(...depths) ? "measured" : "forecast",
  };
}
