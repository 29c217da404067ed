import type { PlotOptions } from "@observablehq/plot";
import { RetrievalError } from "../../../errors.ts";
import { Markup } from "./markup.ts";

/** The plot library; loaded for the first plot. */
export type PlotLibrary = typeof import("@observablehq/plot");

/**
 * Draws a plot as a static SVG with an accessible name. Needs no browser: the plot gets its own document, and
 * no global variable is set. Markup in its texts is escaped.
 *
 * @throws RetrievalError `missing-dependency` if the plot library or its DOM implementation is not installed.
 */
export async function staticPlot(
  label: string,
  optionsOf: (plot: PlotLibrary) => PlotOptions,
): Promise<Markup> {
  const { plot, parseHTML } = await loadPlot();
  const { document } = parseHTML("<!doctype html><html><body></body></html>");
  const options = optionsOf(plot);
  const figure = plot.plot({ ...options, document, style: { fontSize: "12px" } });
  figure.setAttribute("role", "img");
  figure.setAttribute("aria-label", label);
  return new Markup(figure.outerHTML);
}

async function loadPlot(): Promise<{
  readonly plot: PlotLibrary;
  readonly parseHTML: typeof import("linkedom").parseHTML;
}> {
  try {
    const [plot, { parseHTML }] = await Promise.all([
      import("@observablehq/plot"),
      import("linkedom"),
    ]);
    return { plot, parseHTML };
  } catch (cause) {
    throw new RetrievalError(
      "missing-dependency",
      "Expected the plot library of HTML reports to be installed: run `npm install @observablehq/plot linkedom`, or use the format `markdown` or `json`.",
      { cause },
    );
  }
}
