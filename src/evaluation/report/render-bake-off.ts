import { object, required, string } from "../../option-rules.ts";
import { RetrievalError } from "../../errors.ts";
import { requireOptions, type OptionRules } from "../../options.ts";
import { printableJson } from "../../text/printable.ts";
import { gatherBakeOff, type BakeOffReportData, type BakeOffReportInput } from "./bake-off-data.ts";
import { requireReportFormat, type ReportFormat } from "./report-format.ts";

const bakeOffReportRules: OptionRules<BakeOffReportInput> = {
  bakeOff: required(object),
  title: string,
  command: string,
  machine: string,
};

/**
 * Renders a bake-off as one string: the recommendation, quality against time with the Pareto front, each pair of
 * rerankers compared, and their agreement. `html` is a complete page that needs no script, network or other file;
 * `markdown` has the tables without the plot; `json` has every figure, and a `version`. The same input gives the same
 * string.
 *
 * @throws RetrievalError `invalid-option` for another format and if the option `bakeOff` is not the result of
 * `bakeOff`; `missing-dependency` if the plot library for `html` is not installed.
 */
export async function renderBakeOff(
  input: BakeOffReportInput,
  format: ReportFormat,
): Promise<string> {
  requireReportFormat(format);
  const given = requireOptions("renderBakeOff", input, bakeOffReportRules);
  if (given.bakeOff.configuration === undefined || !Array.isArray(given.bakeOff.entries)) {
    throw new RetrievalError(
      "invalid-option",
      "Expected `bakeOff` to be the result of bakeOff(), got another object.",
    );
  }
  return writers[format](gatherBakeOff(given));
}

/** Loaded on demand: only the page needs the plot library. */
const writers: Readonly<Record<ReportFormat, (data: BakeOffReportData) => Promise<string>>> = {
  html: async (data) => (await import("./html/bake-off-page.ts")).bakeOffPage(data),
  markdown: async (data) => (await import("./markdown/bake-off-markdown.ts")).bakeOffMarkdown(data),
  json: async (data) => `${printableJson(data)}\n`,
};
