import type { FittedFusion } from "../../ranking/fitted-fusion.ts";
import { fusionFeatures } from "../../ranking/fitted-fusion.ts";
import { judgedLists } from "../fitting/judged-lists.ts";
import { fitFusion } from "../fitting/fit-fusion.ts";
import { type JudgedPools, measureSettings } from "../sweep/measure-settings.ts";
import type { MeasuredSettings } from "./cross-validate.ts";

/** A fusion fitted on some queries, measured on all. */
export interface FittedSettings extends MeasuredSettings {
  readonly fusion: FittedFusion;
}

/** Fits a fusion on these queries alone, and measures it on all, with all candidates of the pools. */
export function fitSettings(
  judged: JudgedPools,
  queries: readonly string[],
  options: {
    readonly folds: number;
    readonly seed: number | undefined;
    readonly resamples?: number;
  },
): readonly FittedSettings[] {
  const { pools } = judged;
  const judgements = new Map(
    queries.map((query) => [query, judged.judgements.get(query) ?? new Map<string, number>()]),
  );
  // Too few queries to fit on leave the other settings to choose from.
  if (judgedLists(pools, judgements, fusionFeatures).size < options.folds) return [];
  const fusion = fitFusion({ pools, judgements, ...options });
  const settings = { candidateCount: pools.depth, blend: fusion, scoreThreshold: undefined };
  const {
    latency,
    evaluations: [evaluation],
  } = measureSettings(judged, settings);
  return evaluation === undefined
    ? []
    : [{ ...settings, blend: "fitted", fusion, latency, evaluation }];
}
