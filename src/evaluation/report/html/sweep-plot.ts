import type { Markish } from "@observablehq/plot";
import { milliseconds, score } from "../../diagnosis/number-words.ts";
import type { ReportPoint, ReportSweep } from "../report-data.ts";
import { html, type Markup } from "./markup.ts";
import { staticPlot, type PlotLibrary } from "./static-plot.ts";

const size = {
  width: 430,
  height: 270,
  marginLeft: 52,
  marginRight: 20,
  marginTop: 34,
  marginBottom: 42,
};

interface PlotPoint {
  readonly depth: number;
  readonly value: number;
  readonly low: number;
  readonly high: number;
  /** Blend and threshold; points of one series differ in depth only. */
  readonly series: string;
  readonly point: ReportPoint;
}

/** Quality and latency over depth, with best and cheapest marked, in two plots side by side. */
export async function sweepPlots(sweep: ReportSweep): Promise<Markup> {
  return html`<div class="plots">
    <figure>
      ${await qualityPlot(sweep)}
      <figcaption>
        Quality by number of candidates. The band is the 95 % confidence interval of the best
        setting’s series; the dashed line is the first stage alone. Thin lines are other blends and
        thresholds. The best order that the judgements allow would reach ${score(sweep.oracle)}.
      </figcaption>
    </figure>
    <figure>
      ${await latencyPlot(sweep)}
      <figcaption>
        Time per query by number of candidates: median (line) and 95th percentile (dashes), measured
        at the largest depth and forecast at the others.
      </figcaption>
    </figure>
  </div>`;
}

function qualityPlot(sweep: ReportSweep): Promise<Markup> {
  const { best, cheapest, firstStage } = sweep;
  const measure = sweep.measures[0] ?? "";
  const all = plotPointsOf(sweep);
  const main = all.filter(({ series }) => series === mainSeries(sweep));
  const others = all.filter(({ series }) => series !== mainSeries(sweep));
  const marked = markedPoints([best, cheapest], (point) => plotPointOf(point));
  const alone = firstStage.means[0] ?? 0;
  const label = `${measure} by number of candidates: best ${score(best.means[0] ?? 0)} at ${best.candidateCount ?? 0}, first stage alone ${score(alone)}.`;
  return staticPlot(label, (plot) => ({
    ...size,
    x: { label: "candidates reranked", ticks: 5, tickFormat: "d" },
    y: { label: measure, grid: true, ticks: 5, nice: true },
    marks: [
      plot.areaY(main, {
        x: "depth",
        y1: "low",
        y2: "high",
        fill: "var(--accent)",
        fillOpacity: 0.14,
      }),
      plot.ruleY([alone], { stroke: "currentColor", strokeDasharray: "5 4", strokeOpacity: 0.7 }),
      plot.lineY(others, {
        x: "depth",
        y: "value",
        z: "series",
        stroke: "currentColor",
        strokeOpacity: 0.3,
        strokeWidth: 1,
      }),
      plot.ruleX(main, {
        x: "depth",
        y1: "low",
        y2: "high",
        stroke: "var(--accent)",
        strokeOpacity: 0.5,
      }),
      plot.lineY(main, { x: "depth", y: "value", stroke: "var(--accent)", strokeWidth: 2 }),
      plot.dot(main, { x: "depth", y: "value", fill: "var(--accent)", r: 2.5 }),
      ...namedPoints(plot, marked, "var(--accent)"),
    ],
  }));
}

function latencyPlot(sweep: ReportSweep): Promise<Markup> {
  const { best, cheapest } = sweep;
  const main = plotPointsOf(sweep).filter(({ series }) => series === mainSeries(sweep));
  const times = main.map(({ depth, point: { latency } }) => ({
    depth,
    p50: latency.p50,
    p95: latency.p95,
  }));
  const marked = markedPoints([best, cheapest], (point) => ({
    depth: point.candidateCount ?? 0,
    value: point.latency.p50,
  }));
  const label = `Milliseconds per query by number of candidates: best ${milliseconds(best.latency.p50)}, cheapest ${milliseconds(cheapest.latency.p50)}.`;
  return staticPlot(label, (plot) => ({
    ...size,
    x: { label: "candidates reranked", ticks: 5, tickFormat: "d" },
    y: { label: "milliseconds", grid: true, ticks: 5, nice: true, zero: true },
    marks: [
      plot.areaY(times, {
        x: "depth",
        y1: "p50",
        y2: "p95",
        fill: "var(--warm)",
        fillOpacity: 0.12,
      }),
      plot.lineY(times, { x: "depth", y: "p95", stroke: "var(--warm)", strokeDasharray: "5 4" }),
      plot.lineY(times, { x: "depth", y: "p50", stroke: "var(--warm)", strokeWidth: 2 }),
      plot.dot(times, { x: "depth", y: "p50", fill: "var(--warm)", r: 2.5 }),
      ...namedPoints(plot, marked, "var(--warm)"),
    ],
  }));
}

/** Every point, and the first stage at depth 0 as the start of each series. */
function plotPointsOf({ points, firstStage }: ReportSweep): PlotPoint[] {
  const series = new Set(points.map((point) => seriesOf(point)));
  const first = { ...firstStage, candidateCount: null };
  const starts = Array.from(series, (name) => plotPointOf(first, name));
  const rest = points
    .filter(({ candidateCount }) => candidateCount !== null)
    .map((point) => plotPointOf(point));
  return [...starts, ...rest].toSorted((a, b) => a.depth - b.depth);
}

function plotPointOf(point: ReportPoint, series: string = seriesOf(point)): PlotPoint {
  const value = point.means[0] ?? 0;
  const { low, high } = point.intervals[0] ?? { low: value, high: value };
  const depth = point.candidateCount ?? 0;
  return { depth, value, low, high, series, point };
}

/** The series of the best point; the first series if the first stage alone is best. */
function mainSeries({ best, points }: ReportSweep): string {
  return seriesOf(best.candidateCount === null ? (points[0] ?? best) : best);
}

function seriesOf({ blend, scoreThreshold }: ReportPoint): string {
  return `blend ${blend}, threshold ${scoreThreshold ?? "none"}`;
}

/** The best and the cheapest point with their labels; one mark with both labels if they are the same. */
function markedPoints<Marked extends { readonly depth: number; readonly value: number }>(
  [best, cheapest]: readonly [ReportPoint, ReportPoint],
  plotted: (point: ReportPoint) => Marked,
): (Marked & { readonly name: string })[] {
  const [first, second] = [plotted(best), plotted(cheapest)];
  if (first.depth === second.depth && first.value === second.value) {
    return [{ ...first, name: "best and cheapest" }];
  }
  return [
    { ...first, name: "best" },
    { ...second, name: "cheapest" },
  ];
}

interface NamedPoint {
  readonly depth: number;
  readonly value: number;
  readonly name: string;
}

/** Labels closer than this would overlap, in candidates; a plot is 100 wide. */
const nameWidth = 25;

/** Rings around the labelled points, with the labels beside them. */
function namedPoints(plot: PlotLibrary, points: readonly NamedPoint[], color: string): Markish[] {
  const at = { x: "depth", y: "value" } as const;
  const [highest] = points.toSorted((a, b) => b.value - a.value);
  const names = points.map((point) => {
    const isUnder = point !== highest && Math.abs(point.depth - (highest?.depth ?? 0)) < nameWidth;
    // At depth 0, a centred label would cover the labels of the axis.
    const side =
      point.depth === 0 ? ({ dx: 8, textAnchor: "start" } as const) : ({ dx: 0 } as const);
    return plot.text([point], {
      ...at,
      ...side,
      text: "name",
      dy: isUnder ? 16 : -14,
      fontWeight: "600",
      fill: "currentColor",
      stroke: "var(--paper)",
      strokeWidth: 4,
    });
  });
  return [
    plot.dot(points, { ...at, stroke: color, fill: "var(--paper)", strokeWidth: 2, r: 5 }),
    ...names,
  ];
}
