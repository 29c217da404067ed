import type { Markish } from "@observablehq/plot";
import { count, signed } from "../../diagnosis/number-words.ts";
import { printable } from "../../../text/printable.ts";
import type { ReportDifference } from "../report-data.ts";
import { html, type Markup } from "./markup.ts";
import { scrollBox } from "./data-table.ts";
import { staticPlot, type PlotLibrary } from "./static-plot.ts";

/** The gain of each query, as bars from the largest gain to the largest loss. */
export async function differencePlot(
  differences: readonly ReportDifference[],
  measure: string,
): Promise<Markup> {
  const bars = differences.map(({ difference, text }, index) => ({
    position: index + 1,
    difference,
    title: `${printable(text)} (${signed(difference)})`,
  }));
  const [better, worse] = [
    bars.filter((bar) => bar.difference > 0),
    bars.filter((bar) => bar.difference < 0),
  ];
  const equal = bars.length - better.length - worse.length;
  const label = `Difference in ${measure} for each question, sorted: ${better.length} better, ${equal} equal, ${worse.length} worse.`;
  const svg = await staticPlot(label, (plot) => ({
    width: 860,
    height: 240,
    marginLeft: 52,
    marginRight: 10,
    marginTop: 30,
    marginBottom: 20,
    x: { axis: null, type: "linear", domain: [0.5, bars.length + 0.5] },
    y: { label: `difference in ${measure}`, grid: true, ticks: 5, nice: true },
    marks: [
      barsOf(plot, better, "var(--good)"),
      barsOf(plot, worse, "var(--bad)"),
      plot.ruleY([0], { stroke: "currentColor" }),
    ],
  }));
  return html`<figure>
    ${scrollBox(label, svg)}
    <figcaption>
      One bar per question, sorted: ${count(better.length, "question")} better, ${equal} equal,
      ${worse.length} worse.
    </figcaption>
  </figure>`;
}

interface Bar {
  readonly position: number;
  readonly difference: number;
}

function barsOf(plot: PlotLibrary, bars: readonly Bar[], color: string): Markish {
  return plot.rectY(bars, {
    x1: (bar: Bar) => bar.position - 0.42,
    x2: (bar: Bar) => bar.position + 0.42,
    y: "difference",
    fill: color,
    title: "title",
  });
}
