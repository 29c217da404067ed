import { requireChoice } from "../../errors.ts";

const reportFormats = ["html", "markdown", "json"] as const;

/** The format of a report. */
export type ReportFormat = (typeof reportFormats)[number];

/** Throws `invalid-option` for another format. */
export function requireReportFormat(format: ReportFormat): void {
  requireChoice("format", format, reportFormats);
}
