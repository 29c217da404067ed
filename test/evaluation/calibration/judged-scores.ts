import * as fc from "fast-check";
import type { JudgedScore } from "../../../src/evaluation/calibration/probability-curve.ts";
import { deepFreeze } from "../../deep-freeze.ts";

/** Frozen samples: pairs of a score, and 1 where it is relevant. */
export function samplesOf(
  ...pairs: readonly (readonly [score: number, relevant: 0 | 1])[]
): readonly JudgedScore[] {
  return deepFreeze(pairs.map(([score, relevant]) => ({ score, isRelevant: relevant === 1 })));
}

/** As many relevant samples as others, whose scores overlap by half: enough for every method. */
export const overlapping: readonly JudgedScore[] = samplesOf(
  ...Array.from({ length: 80 }, (_, index) => [index / 10 - 6, 0] as const),
  ...Array.from({ length: 80 }, (_, index) => [index / 10 - 2, 1] as const),
);

/** Any samples, many of them with equal scores. */
export const anySamples: fc.Arbitrary<readonly JudgedScore[]> = fc
  .array(
    fc.record({
      score: fc.oneof(
        fc.integer({ min: -6, max: 6 }),
        fc.double({ min: -20, max: 20, noNaN: true }),
      ),
      isRelevant: fc.boolean(),
    }),
    { minLength: 1, maxLength: 40 },
  )
  .map((samples) => deepFreeze(samples));
