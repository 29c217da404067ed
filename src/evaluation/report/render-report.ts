import { printableJson } from "../../text/printable.ts";
import { requireOptions } from "../../options.ts";
import { requireExperiment } from "../diagnosis/diagnosis-case.ts";
import { gatherReport } from "./gather-report.ts";
import { requireReportFormat, type ReportFormat } from "./report-format.ts";
import { reportInputRules, type ReportInput } from "./report-input.ts";

/**
 * Renders an experiment as one string. `html` is a complete page with all plots that needs no script, network
 * or other file; `markdown` has the tables and findings without the plots; `json` has every figure, and a
 * `version`. Texts of questions and documents are escaped for the format. The same input gives the same string.
 *
 * @throws RetrievalError `invalid-option` for another format, a system that the experiment lacks, and an
 * invalid `seed` or `resamples`; `invalid-input` without systems or measures, for fewer than 2 queries to
 * compare, and if systems differ in measures or queries; `missing-dependency` if the plot library for `html` is
 * not installed.
 */
export async function renderReport(input: ReportInput, format: ReportFormat): Promise<string> {
  requireReportFormat(format);
  requireOptions("renderReport", input, reportInputRules);
  requireExperiment(input.experiment);
  return writers[format](input);
}

/** Loaded on demand: only the page needs the plot library. */
const writers: Readonly<Record<ReportFormat, (input: ReportInput) => Promise<string>>> = {
  html: async (input) => (await import("./html/report-page.ts")).reportPage(gatherReport(input)),
  markdown: async (input) =>
    (await import("./markdown/report-markdown.ts")).reportMarkdown(gatherReport(input)),
  json: async (input) => `${printableJson(gatherReport(input))}\n`,
};
