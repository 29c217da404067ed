import { requireNumber } from "../../errors.ts";
import { decidingMean, type SweepPoint, type SweepResult } from "../sweep/sweep-result.ts";
import type { DiagnosisCase } from "./diagnosis-case.ts";
import type { Finding } from "./finding.ts";
import { milliseconds, score } from "./number-words.ts";

/** One query in twenty exceeds the latency budget. */
export function findSlowness({ latencyBudgetMs, challenger, sweep }: DiagnosisCase): Finding[] {
  if (latencyBudgetMs === undefined) return [];
  const budgetMs = requireNumber("latencyBudgetMs", latencyBudgetMs, Number.MIN_VALUE);
  const total = challenger.latency.get("total");
  if (!total || total.p95 <= budgetMs) return [];
  const [stage, own] = [...challenger.latency]
    .filter(([name]) => name !== "total")
    .toSorted(([, a], [, b]) => b.mean - a.mean)[0] ?? ["total", total];
  const share =
    stage === "total"
      ? ""
      : ` The slowest stage is ${stage}: on average, it takes ${milliseconds(own.mean)} of ${milliseconds(total.mean)}.`;
  const within = sweep && bestWithin(sweep, budgetMs);
  return [
    {
      code: "latency-over-budget",
      severity: "error",
      message: `The 95th percentile (p95) of the time per query is ${milliseconds(total.p95)} with ${challenger.name}; the budget is ${milliseconds(budgetMs)}.${share}`,
      remedy: within
        ? `${settingsOf(within)} gives ${within.evaluations[0]?.name ?? "the measure"} ${score(decidingMean(within))} with a p95 of ${milliseconds(within.latency.p95)}.`
        : "Rerank fewer candidates, use a smaller model or a faster device, or set deadlineMs, which ranks by the scores that are ready in time.",
      figures: { p95Ms: total.p95, budgetMs, meanMs: total.mean, slowestStageMs: own.mean },
    },
  ];
}

function bestWithin({ points }: SweepResult, budgetMs: number): SweepPoint | undefined {
  return points
    .filter(
      ({ candidateCount, latency }) => candidateCount !== undefined && latency.p95 <= budgetMs,
    )
    .toSorted((a, b) => decidingMean(b) - decidingMean(a))[0];
}

function settingsOf({ candidateCount, blend, scoreThreshold }: SweepPoint): string {
  const threshold = scoreThreshold === undefined ? "" : `, scoreThreshold ${scoreThreshold}`;
  return `candidateCount ${candidateCount}${blend === 1 ? "" : `, blend ${blend}`}${threshold}`;
}
