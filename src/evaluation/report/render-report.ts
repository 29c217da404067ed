import { RetrievalError } from "../../errors.ts";
import { printableJson } from "../../text/printable.ts";
import { requireOptions } from "../../options.ts";
import { requireExperiment } from "../diagnosis/diagnosis-case.ts";
import { gatherReport } from "./gather-report.ts";
import { reportInputRules, type ReportInput } from "./report-input.ts";

/** What a report is written as. */
export type ReportFormat = "html" | "markdown" | "json";

/**
 * An experiment as one text. `html` is a whole page that needs no script, no network and no other
 * file, with all plots; `markdown` has its tables and findings without the plots; `json` has every figure, and
 * a `version`. Texts of questions and documents stand in each as texts, whatever they hold. The same input gives the same text.
 *
 * @throws RetrievalError `invalid-option` for another format, a system that the experiment lacks, and an invalid
 * `seed` or `resamples`; `invalid-input` without systems or measures, for fewer than 2 queries to
 * compare, and where systems differ in measures or queries; `missing-dependency` where `html` lacks its plot library.
 */
export async function renderReport(input: ReportInput, format: ReportFormat): Promise<string> {
  if (!Object.hasOwn(writers, format)) {
    throw new RetrievalError(
      "invalid-option",
      `Expected \`format\` to be one of ${Object.keys(writers).join(", ")}, got ${JSON.stringify(format)}.`,
    );
  }
  requireOptions("renderReport", input, reportInputRules);
  requireExperiment(input.experiment);
  return writers[format](input);
}

/** Each is loaded when it is asked for: only a page needs the plots. */
const writers: Readonly<Record<ReportFormat, (input: ReportInput) => Promise<string>>> = {
  html: async (input) => (await import("./html/report-page.ts")).reportPage(gatherReport(input)),
  markdown: async (input) =>
    (await import("./markdown/report-markdown.ts")).reportMarkdown(gatherReport(input)),
  json: async (input) => `${printableJson(gatherReport(input))}\n`,
};
