import { requireChoice } from "../../errors.ts";

/** The format of a report. */
export type ReportFormat = "html" | "markdown" | "json";

const reportFormats: readonly ReportFormat[] = ["html", "markdown", "json"];

/** Throws `invalid-option` for another format. */
export function requireReportFormat(format: ReportFormat): void {
  requireChoice("format", format, reportFormats);
}
