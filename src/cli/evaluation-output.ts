import { SingleBar } from "cli-progress";
import type { Finding } from "../evaluation/diagnosis/finding.ts";
import { count } from "../evaluation/diagnosis/number-words.ts";
import type { ExperimentProgress } from "../evaluation/experiment/ask-queries.ts";
import type { ExperimentResult } from "../evaluation/experiment/experiment-result.ts";
import { decidingMean, type SweepResult } from "../evaluation/sweep/sweep-result.ts";
import { barLook, colors, newTable, timeLeft } from "./output.ts";

/** Draws how many questions were asked and the time left on a terminal, and nothing elsewhere. */
export function questionBar(): {
  readonly update: (progress: ExperimentProgress) => void;
  readonly stop: () => void;
} {
  if (!process.stderr.isTTY) return { update: () => undefined, stop: () => undefined };
  const bar = new SingleBar({ ...barLook, format: "{system} |{bar}| {value}/{total}{left}" });
  return {
    update({ done, total, system, leftMs }) {
      const left = { system, left: timeLeft(leftMs) };
      if (bar.isActive) bar.update(done, left);
      else bar.start(total, done, left);
    },
    stop: () => bar.stop(),
  };
}

/** Every system with its measures and what a query took. */
export function experimentTable({ measures, systems }: ExperimentResult): string {
  const table = newTable(["system", ...measures, "ms p50", "ms p95", "failed"]);
  for (const { name, evaluations, latency, failures } of systems) {
    const total = latency.get("total");
    table.push([
      name,
      ...evaluations.map(({ mean }) => mean.toFixed(3)),
      total?.p50.toFixed(0) ?? "",
      total?.p95.toFixed(0) ?? "",
      failures.size,
    ]);
  }
  return table.toString();
}

/** Quality and latency of every depth as bars, the best and the cheapest that is as good marked. */
export function sweepBars({ measures, firstStage, points, best, cheapest }: SweepResult): string {
  const all = [firstStage, ...points];
  const slowest = Math.max(...all.map(({ latency }) => latency.mean));
  const table = newTable(["candidates", measures[0] ?? "", "", "ms", "", ""]);
  for (const point of all) {
    const mean = decidingMean(point);
    table.push([
      point.candidateCount ?? "not reranked",
      mean.toFixed(3),
      barOf(mean),
      point.latency.mean.toFixed(0),
      barOf(point.latency.mean / (slowest || 1)),
      [point === best ? "best" : "", point === cheapest ? "cheapest as good" : ""]
        .filter((word) => word !== "")
        .join(", "),
    ] satisfies (string | number)[]);
  }
  return table.toString();
}

/** Who failed on how many questions, and why on the first of them; empty where all were answered. */
export function failureLines(
  { systems, queries }: ExperimentResult,
  swept: SweepResult | undefined,
): string {
  return [...systems, ...(swept ? [{ name: "the sweep", failures: swept.failures }] : [])]
    .flatMap(({ name, failures }) => {
      const [first] = failures;
      if (first === undefined) return [];
      const [query, reason] = first;
      return [
        `${name}: ${failures.size} of ${count(queries.size, "question")} failed and count 0, such as ${query}: ${reason}`,
      ];
    })
    .join("\n");
}

/** What the rules found, the worst first. */
export function findingLines(findings: readonly Finding[]): string {
  const shades = { error: colors.red, warning: colors.yellow, info: colors.dim };
  return findings
    .map(
      ({ severity, message, remedy }) => `${shades[severity](severity)}: ${message}\n  ${remedy}`,
    )
    .join("\n");
}

/** Up to twenty blocks, the last one cut to eighths, so that near values can be told apart. */
function barOf(share: number): string {
  const eighths = Math.round(share * 160);
  return "█".repeat(Math.floor(eighths / 8)) + (" ▏▎▍▌▋▊▉"[eighths % 8] ?? "").trim();
}
