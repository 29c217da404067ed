import type { Fusion } from "./fusion.ts";
import { reciprocalRankFusion } from "./reciprocal-rank-fusion.ts";
import { weightedScoreFusion } from "./weighted-score-fusion.ts";

/** A fusion by name: reciprocal ranks, or scores that are normalised in this way and weighted equally. */
export type FusionName = "rrf" | "min-max" | "z-score" | "distribution" | "rank";

const fusions: Readonly<Record<FusionName, () => Fusion>> = {
  rrf: reciprocalRankFusion,
  "min-max": () => weightedScoreFusion({ normalization: "min-max" }),
  "z-score": () => weightedScoreFusion({ normalization: "z-score" }),
  distribution: () => weightedScoreFusion({ normalization: "distribution" }),
  rank: () => weightedScoreFusion({ normalization: "rank" }),
};

/** All names, the default first. */
export const fusionNames: readonly FusionName[] = [
  "rrf",
  "min-max",
  "z-score",
  "distribution",
  "rank",
];

/** Creates the fusion of this name with its default options. */
export function namedFusion(name: FusionName): Fusion {
  return fusions[name]();
}
