import { milliseconds, score } from "../../diagnosis/number-words.ts";
import { printable } from "../../../text/printable.ts";
import type { BakeOffReportData, ReportEntry } from "../bake-off-data.ts";
import { scrollBox } from "./data-table.ts";
import { html, type Markup } from "./markup.ts";
import { staticPlot } from "./static-plot.ts";

interface PlotEntry {
  readonly ms: number;
  readonly quality: number;
  readonly title: string;
}

/** Quality over mean time of every entry, with the Pareto front as steps. */
export async function frontPlot(data: BakeOffReportData): Promise<Markup> {
  const { entries, front, recommended, best, measures } = data;
  const measure = measures[0] ?? "quality";
  const all = entries.map(plotEntry);
  const steps = front.map(plotEntry);
  const marked = [
    ...named(front, recommended, recommended === best ? "recommended, best" : "recommended"),
    ...(recommended === best ? [] : named(front, best, "best")),
  ];
  const label = `${measure} by mean time per query: ${marked.map(({ name, title }) => `${name}: ${title}`).join("; ") || "no entry is within the limits"}.`;
  const at = { x: "ms", y: "quality" } as const;
  const svg = await staticPlot(label, (plot) => ({
    width: 860,
    height: 380,
    marginLeft: 52,
    marginRight: 24,
    marginTop: 34,
    marginBottom: 42,
    x: {
      label: "mean milliseconds per query, logarithmic",
      type: "log",
      ticks: 6,
      tickFormat: "~s",
    },
    y: { label: measure, grid: true, ticks: 6, nice: true },
    marks: [
      plot.dot(all, { ...at, r: 2.5, fill: "currentColor", fillOpacity: 0.35, title: "title" }),
      plot.lineY(steps, { ...at, curve: "step-after", stroke: "var(--accent)", strokeWidth: 1.5 }),
      plot.dot(steps, { ...at, r: 4, fill: "var(--accent)", title: "title" }),
      plot.dot(marked, {
        ...at,
        r: 7,
        stroke: "var(--accent)",
        strokeWidth: 2,
        fill: "var(--paper)",
        title: "title",
      }),
      plot.text(marked, {
        ...at,
        text: "name",
        dy: -15,
        fontWeight: "600",
        fill: "currentColor",
        stroke: "var(--paper)",
        strokeWidth: 4,
      }),
    ],
  }));
  return html`<figure>
    ${scrollBox(label, svg)}
    <figcaption>
      Each dot is one combination of first stage, reranker, depth and blend. The line is the Pareto
      front: no other entry within the limits is both cheaper and better.
    </figcaption>
  </figure>`;
}

function plotEntry({ name, latency, means }: ReportEntry): PlotEntry {
  const quality = means[0] ?? 0;
  // A logarithmic axis has no 0.
  const ms = Math.max(0.01, latency.mean);
  const title = `${printable(name)} (${score(quality)}, ${milliseconds(latency.mean)})`;
  return { ms, quality, title };
}

function named(
  front: readonly ReportEntry[],
  entryName: string | null,
  name: string,
): (PlotEntry & { readonly name: string })[] {
  const entry = front.find((one) => one.name === entryName);
  return entry ? [{ ...plotEntry(entry), name }] : [];
}
