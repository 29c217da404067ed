import { decidingMean, type SweepPoint, type SweepResult } from "../sweep/sweep-result.ts";
import type { DiagnosisCase } from "./diagnosis-case.ts";
import type { Finding } from "./finding.ts";
import { milliseconds, score } from "./number-words.ts";

/** A peak at half of the largest depth or before saves at least half of the reranking; nearer ones may be chance. */
const farBelow = 0.5;

/** More candidates than pay: quality peaks far below the largest depth. */
export function findDepthPastPeak({ sweep }: DiagnosisCase): Finding[] {
  if (!sweep) return [];
  const { best, measures } = sweep;
  const largest = deepestBeside(sweep);
  if (!largest) return [];
  const [bestMean, largestMean] = [decidingMean(best), decidingMean(largest)];
  if (depthOf(best) > farBelow * depthOf(largest) || bestMean <= largestMean) return [];
  const saved = largest.latency.p50 - best.latency.p50;
  const peak = depthOf(best) === 0 ? "without reranking" : `with ${depthOf(best)} candidates`;
  return [
    {
      code: "depth-past-peak",
      severity: "warning",
      message:
        `${measures[0]} is best ${peak} (${score(bestMean)}); with ${depthOf(largest)} it is ${score(largestMean)}` +
        `${saved > 0 ? ` and a query takes ${milliseconds(saved)} more` : ""}. The deeper candidates cost time and bring nothing.`,
      remedy:
        depthOf(best) === 0
          ? "Leave the reranker out, or try another model before another depth."
          : `Set candidateCount to ${depthOf(best)}.`,
      figures: {
        bestDepth: depthOf(best),
        largestDepth: depthOf(largest),
        bestMean,
        largestMean,
        savedMs: saved,
      },
    },
  ];
}

/** At the largest depth the point that differs from the best in depth only; the best of all where the best is no reranking. */
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

function depthOf({ candidateCount }: SweepPoint): number {
  return candidateCount ?? 0;
}
