import { basename, dirname, extname } from "node:path";
import { RetrievalError } from "../errors.ts";
import { writeText } from "../evaluation/data/write-text.ts";
import type { BakeOffReportInput } from "../evaluation/report/bake-off-data.ts";
import { renderBakeOff } from "../evaluation/report/render-bake-off.ts";
import { renderReport } from "../evaluation/report/render-report.ts";
import type { ReportFormat } from "../evaluation/report/report-format.ts";
import type { ReportInput } from "../evaluation/report/report-input.ts";
import { makeOutputFolder } from "./output-folder.ts";
import { print, shown } from "./terminal.ts";

/** The format of a report, by its file extension. */
export function reportFormatOf(path: string): ReportFormat {
  const formats = { ".html": "html", ".md": "markdown", ".json": "json" } as const;
  const found = Object.entries(formats).find(([ending]) => ending === extname(path).toLowerCase());
  if (found) return found[1];
  throw new RetrievalError(
    "invalid-option",
    `Expected --report to end in .html, .md or .json, got ${basename(path)}.`,
  );
}

/** Writes the report of an experiment. */
export async function writeReport(
  path: string,
  input: ReportInput,
  format: ReportFormat,
): Promise<void> {
  await writeRendered(path, await renderReport(input, format));
}

/** Writes the report of a bake-off. */
export async function writeBakeOffReport(
  path: string,
  input: BakeOffReportInput,
  format: ReportFormat,
): Promise<void> {
  await writeRendered(path, await renderBakeOff(input, format));
}

async function writeRendered(path: string, rendered: string): Promise<void> {
  await makeOutputFolder(dirname(path));
  await writeText(path, [rendered]);
  print(shown`\nWrote the report to ${path}.`);
}
