import { adjustByHolm } from "../comparison/holm-correction.ts";
import {
  pValueBetween,
  decidingMean,
  type SweepPoint,
  type SweepResult,
} from "../sweep/sweep-result.ts";
import { type DiagnosisCase, significanceLevel } from "./diagnosis-case.ts";
import type { Finding } from "./finding.ts";
import { milliseconds, pValueWords, score } from "./number-words.ts";

/** A peak at half of the largest depth or below saves at least half of the reranking time. */
const farBelow = 0.5;

/** More candidates harm: quality peaks far below the largest depth, and is significantly worse there. */
export function findDepthPastPeak({ sweep }: DiagnosisCase): Finding[] {
  if (!sweep) return [];
  const { best, measures } = sweep;
  const largest = deepestBeside(sweep);
  if (!largest) return [];
  const [bestMean, largestMean] = [decidingMean(best), decidingMean(largest)];
  if (depthOf(best) > farBelow * depthOf(largest) || bestMean <= largestMean) return [];
  const adjustedPValue = adjustedPValueOf(best, { largest, sweep });
  if (adjustedPValue > significanceLevel) return [];
  const saved = largest.latency.p50 - best.latency.p50;
  const peak = depthOf(best) === 0 ? "without reranking" : `with ${depthOf(best)} candidates`;
  return [
    {
      code: "depth-past-peak",
      severity: "warning",
      message:
        `${measures[0]} is best ${peak} (${score(bestMean)}); with ${depthOf(largest)} it is ${score(largestMean)}` +
        `${saved > 0 ? ` and a query takes ${milliseconds(saved)} longer` : ""} (adjusted ${pValueWords(adjustedPValue)}). The additional candidates do harm.`,
      remedy:
        depthOf(best) === 0
          ? "Turn reranking off, or try another model before another depth."
          : `Set candidateCount to ${depthOf(best)}.`,
      figures: {
        bestDepth: depthOf(best),
        largestDepth: depthOf(largest),
        bestMean,
        largestMean,
        adjustedPValue,
        savedMs: saved,
      },
    },
  ];
}

/**
 * The point at the largest depth that differs from the best one in depth only; the best point of that depth if
 * no reranking is best.
 */
function deepestBeside({ best, points }: SweepResult): SweepPoint | undefined {
  const most = Math.max(...points.map((point) => depthOf(point)));
  return points
    .filter((point) => depthOf(point) === most && most > 0)
    .filter(
      ({ blend, scoreThreshold }) =>
        depthOf(best) === 0 || (blend === best.blend && scoreThreshold === best.scoreThreshold),
    )
    .toSorted((a, b) => decidingMean(b) - decidingMean(a))[0];
}

/**
 * The peak is the best of several points, so a difference from it is likely to appear by chance; the p value is
 * corrected for that.
 */
function adjustedPValueOf(
  best: SweepPoint,
  { largest, sweep }: { readonly largest: SweepPoint; readonly sweep: SweepResult },
): number {
  const rivals = [sweep.firstStage, ...sweep.points].filter((point) => point !== largest);
  const adjusted = adjustByHolm(rivals.map((point) => pValueBetween(point, largest)));
  return adjusted[rivals.indexOf(best)] ?? 1;
}

function depthOf({ candidateCount }: SweepPoint): number {
  return candidateCount ?? 0;
}
