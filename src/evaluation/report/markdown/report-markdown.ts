import type { Finding } from "../../diagnosis/finding.ts";
import { madeWords } from "../made-words.ts";
import type { PlainTable } from "../plain-table.ts";
import type { ReportCase, ReportData } from "../report-data.ts";
import {
  comparisonTables,
  failureTable,
  latencyTable,
  sweepTable,
  truncationTable,
} from "../report-tables.ts";
import { changeWords, shiftTable } from "../shift-words.ts";
import { escapeMarkdown } from "../../../text/escape-markdown.ts";

/** The report's tables and findings, without the plots. */
export function reportMarkdown(data: ReportData): string {
  const { title, verdict, findings, sweep, helped, harmed } = data;
  const blocks = [
    `# ${escapeMarkdown(title)}`,
    `**${escapeMarkdown(verdict)}**`,
    ...chapter("Comparison", comparisonTables(data).map(table)),
    ...chapter("Findings", findings.map(findingItem)),
    ...chapter("How many candidates to rerank", sweep ? [table(sweepTable(sweep))] : []),
    ...chapter(
      "Questions helped most",
      helped.map((one) => caseBlock(one, data)),
    ),
    ...chapter(
      "Questions harmed most",
      harmed.map((one) => caseBlock(one, data)),
    ),
    ...chapter("Time", filled([latencyTable(data)])),
    ...chapter("Limits", filled([truncationTable(data), failureTable(data)])),
    ...chapter("How this report was made", [
      madeWords(data)
        .map(([name, what]) => `- ${name}: ${escapeMarkdown(what)}`)
        .join("\n"),
    ]),
  ];
  return `${blocks.join("\n\n")}\n`;
}

function chapter(title: string, blocks: readonly string[]): string[] {
  return blocks.length === 0 ? [] : [`## ${title}`, ...blocks];
}

function findingItem({ code, severity, message, remedy }: Finding): string {
  return `**${severity}** \`${code}\`: ${escapeMarkdown(message)} → ${escapeMarkdown(remedy)}`;
}

function caseBlock(one: ReportCase, data: ReportData): string {
  const change = `${one.query}: ${data.measures[0] ?? ""} ${changeWords(one)}`;
  return [
    `### ${escapeMarkdown(one.text)}`,
    escapeMarkdown(change),
    rows(shiftTable(one, data)),
  ].join("\n\n");
}

function filled(tables: readonly PlainTable[]): string[] {
  return tables.filter((one) => one.rows.length > 0).map(table);
}

function table(plain: PlainTable): string {
  return `**${escapeMarkdown(plain.caption)}**\n\n${rows(plain)}`;
}

function rows({ columns, rows: cells }: PlainTable): string {
  const rule = columns.map(({ kind }) => (kind === "number" ? "---:" : "---"));
  const lines = [columns.map(({ name }) => name), ...cells].map((row) =>
    columns.map((_column, index) => escapeMarkdown(row[index] ?? "")),
  );
  const [head = [], ...body] = lines;
  return [head, rule, ...body].map((row) => `| ${row.join(" | ")} |`).join("\n");
}
