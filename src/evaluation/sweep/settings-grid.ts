import { array } from "../../option-rules.ts";
import { requireNumber, requireWholeNumber, RetrievalError } from "../../errors.ts";
import type { OptionRules } from "../../options.ts";
import type { SweepSettings } from "./sweep-result.ts";

/** The settings to examine: every combination. */
export interface GridOptions {
  /**
   * At most the depth of the pools each. @defaultValue those of 10, 20, 30, 50, 75, 100 that are below the
   * depth of the pools, and that depth
   */
  readonly candidateCounts?: readonly number[] | undefined;
  /** Weights of the cross-encoder in 0..1. @defaultValue [1] */
  readonly blends?: readonly number[] | undefined;
  /** Minimum `relevanceScore` of a document, in 0..1; `undefined` drops none. @defaultValue [undefined] */
  readonly thresholds?: readonly (number | undefined)[] | undefined;
}

export const gridOptionRules: OptionRules<GridOptions> = {
  candidateCounts: array,
  blends: array,
  thresholds: array,
};

/** The first stage without reranking. */
export const firstStageAlone: SweepSettings & { readonly candidateCount: undefined } = {
  candidateCount: undefined,
  blend: 0,
  scoreThreshold: undefined,
};

/**
 * Every combination, smallest depth first, each once.
 *
 * @throws RetrievalError `invalid-option` for a setting out of range, and for an empty list.
 */
export function settingsGrid(
  depth: number,
  {
    candidateCounts = [...usualCounts.filter((count) => count < depth), depth],
    blends = [1],
    thresholds = [undefined],
  }: GridOptions,
): SweepSettings[] {
  for (const count of candidateCounts) {
    if (requireWholeNumber("candidateCounts", count, 1) <= depth) continue;
    throw new RetrievalError(
      "invalid-option",
      `Expected \`candidateCounts\` to be at most ${depth}, the depth of the pools, got ${count}: collect deeper pools.`,
    );
  }
  for (const blend of blends) requireNumber("blends", blend, 0, 1);
  for (const threshold of thresholds) {
    if (threshold !== undefined) requireNumber("thresholds", threshold, 0, 1);
  }
  for (const [name, values] of Object.entries({ candidateCounts, blends, thresholds })) {
    if (values.length > 0) continue;
    throw new RetrievalError(
      "invalid-option",
      `Expected at least one value in \`${name}\`, got none.`,
    );
  }
  return [...new Set(candidateCounts)]
    .toSorted((a, b) => a - b)
    .flatMap((candidateCount) =>
      [...new Set(blends)].flatMap((blend) =>
        [...new Set(thresholds)].map((scoreThreshold) => ({
          candidateCount,
          blend,
          scoreThreshold,
        })),
      ),
    );
}

const usualCounts = [10, 20, 30, 50, 75, 100];
