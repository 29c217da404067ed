// Shows tables and plots of the labs in Jupyter, VS Code and the terminal.
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import * as Plot from "@observablehq/plot";
import { Resvg } from "@resvg/resvg-js";
import { parseHTML } from "linkedom";

export { Plot };

const { document } = parseHTML("<html></html>");
const sans = fileURLToPath(
  new URL("../node_modules/dejavu-fonts-ttf/ttf/DejaVuSans.ttf", import.meta.url),
);

/** Shows rows as a table. Columns whose first value starts with a letter are left-aligned. */
export async function table(rows: readonly Record<string, string | number>[]): Promise<void> {
  const [first = {}] = rows;
  const sides = Object.values(first).map((value) =>
    /^\p{L}/u.test(`${value}`) ? "left" : "right",
  );
  const line = (tag: string, values: readonly (string | number)[]): string => {
    const texts = values.map((value) =>
      `${value}`.replaceAll("&", "&amp;").replaceAll("<", "&lt;"),
    );
    return `<tr>${texts.map((text, i) => `<${tag} style="text-align: ${sides[i]}">${text}</${tag}>`).join("")}</tr>`;
  };
  const body = rows.map((row) => line("td", Object.values(row))).join("");
  await show({ "text/html": `<table>${line("th", Object.keys(first))}${body}</table>` });
}

/** Shows a plot as a PNG at double resolution, because pages that sanitize outputs often drop SVG. */
export async function draw(options: Plot.PlotOptions): Promise<void> {
  const style = { color: "#222", fontSize: "12px" };
  const size = { width: 640, height: 360, marginTop: 30, marginBottom: 40 };
  const figure = Plot.plot({ ...size, grid: true, ...options, document, style });
  figure.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  const svg = figure.outerHTML;
  assert.doesNotMatch(
    svg,
    /\b(?:undefined|NaN|\[object Object\])/,
    "Expected a plot of valid values, got undefined, NaN or an object in it.",
  );
  const picture = new Resvg(svg, {
    background: "white",
    fitTo: { mode: "zoom", value: 2 },
    font: { fontFiles: [sans], loadSystemFonts: false, defaultFontFamily: "DejaVu Sans" },
  });
  const png = picture.render().asPng().toString("base64");
  await show({ "image/png": png }, { "image/png": { width: 640 } });
}

/** Shows one output in one or more media types; the frontend chooses one of them. */
export async function show(
  data: Readonly<Record<string, string>>,
  metadata: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  await Deno.jupyter.broadcast("display_data", { data, metadata, transient: {} });
  // Without this pause, the kernel may report a cell as done before it has sent the last output.
  await new Promise((resolve) => setTimeout(resolve, 10));
}
