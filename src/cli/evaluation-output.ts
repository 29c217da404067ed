import { SingleBar } from "cli-progress";
import { RetrievalError } from "../errors.ts";
import type { BakeOffResult } from "../evaluation/bake-off/bake-off-result.ts";
import type { Finding } from "../evaluation/diagnosis/finding.ts";
import { count } from "../evaluation/diagnosis/number-words.ts";
import type { ExperimentProgress } from "../evaluation/experiment/ask-queries.ts";
import type { ExperimentResult } from "../evaluation/experiment/experiment-result.ts";
import { decidingMean, type SweepResult } from "../evaluation/sweep/sweep-result.ts";
import { barLook, progressLines, timeLeft } from "./output.ts";
import { dim, lines, red, shown, type Shown, tableOf, yellow } from "./terminal.ts";

/**
 * Shows the number of asked questions and the time left: as a bar on a terminal, as occasional lines elsewhere.
 */
export function questionBar(): {
  readonly update: (progress: ExperimentProgress) => void;
  readonly stop: () => void;
} {
  if (!process.stderr.isTTY) {
    const say = progressLines();
    const update = ({ done, total, system, leftMs }: ExperimentProgress): void =>
      say(() => shown`${system}: ${done} of ${total} questions${timeLeft(leftMs)}`);
    return { update, stop: () => undefined };
  }
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

/** Every system with its measures and its time per query. */
export function experimentTable({ measures, systems }: ExperimentResult): Shown {
  const rows = systems.map(({ name, evaluations, latency, failures }) => {
    const total = latency.get("total");
    return [
      name,
      ...evaluations.map(({ mean }) => mean.toFixed(3)),
      total?.p50.toFixed(0) ?? "",
      total?.p95.toFixed(0) ?? "",
      failures.size,
    ];
  });
  return tableOf(["system", ...measures, "ms p50", "ms p95", "failed"], rows);
}

/**
 * Quality and latency of every depth as bars, with marks for the best depth, and the cheapest that is not
 * significantly worse.
 */
export function sweepBars({ measures, firstStage, points, best, cheapest }: SweepResult): Shown {
  const all = [firstStage, ...points];
  const slowest = Math.max(...all.map(({ latency }) => latency.p50));
  const rows = all.map((point) => {
    const mean = decidingMean(point);
    return [
      point.candidateCount ?? "not reranked",
      mean.toFixed(3),
      barOf(mean),
      point.latency.p50.toFixed(0),
      barOf(point.latency.p50 / (slowest || 1)),
      point.timing,
      [point === best ? "best" : "", point === cheapest ? "cheapest (not significantly worse)" : ""]
        .filter((word) => word !== "")
        .join(", "),
    ];
  });
  return tableOf(["candidates", measures[0] ?? "", "", "ms p50", "", "", ""], rows);
}

/** The entries of a bake-off that no other one beats, cheapest first, with a mark for the recommended one. */
export function frontTable({ measures, front, best, recommended }: BakeOffResult): Shown {
  const rows = front.map((entry) => [
    entry.name,
    ...entry.evaluations.map(({ mean }) => mean.toFixed(3)),
    entry.latency.mean.toFixed(0),
    entry.latency.p95.toFixed(0),
    ...(entry.pricePerQuery > 0 ? [entry.pricePerQuery] : [""]),
    [entry.name === recommended?.name ? "recommended" : "", entry.name === best?.name ? "best" : ""]
      .filter((word) => word !== "")
      .join(", "),
  ]);
  return tableOf(["entry", ...measures, "ms mean", "ms p95", "price", ""], rows);
}

/** Each system's number of failed questions, and the reason of the first one; empty if all were answered. */
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
        `${name}: ${failures.size} of ${count(queries.size, "question")} failed and count as 0, for example ${query}: ${reason}`,
      ];
    })
    .join("\n");
}

/** The error that ends an evaluation in which questions failed; what is done is kept. */
export function questionsFailed(failures: string): RetrievalError {
  return new RetrievalError(
    "invalid-input",
    `Some questions failed:\n${failures}\nFix the cause and rerun the command; only these questions are retried.`,
  );
}

/** The findings of the rules, worst first. */
export function findingLines(findings: readonly Finding[]): Shown {
  const shades = { error: red, warning: yellow, info: dim };
  return lines(
    findings.map(
      ({ severity, message, remedy }) =>
        shown`${shades[severity](severity)}: ${message}\n  ${remedy}`,
    ),
  );
}

/** Up to twenty blocks with a resolution of an eighth, so that similar values are distinguishable. */
function barOf(share: number): string {
  const eighths = Math.round(share * 160);
  return "█".repeat(Math.floor(eighths / 8)) + (" ▏▎▍▌▋▊▉"[eighths % 8] ?? "").trim();
}
