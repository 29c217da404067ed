import type { Finding } from "../../diagnosis/finding.ts";
import { decisionBasis, decisionTables } from "../decision-tables.ts";
import { madeWords } from "../made-words.ts";
import type { ReportCase, ReportData, ReportDecision } from "../report-data.ts";
import {
  comparisonTables,
  failureTable,
  latencyTable,
  sweepTable,
  truncationTable,
} from "../report-tables.ts";
import { changeWords, shiftTable } from "../shift-words.ts";
import { chapter, filledTables, madeList, rows, table } from "./markdown-parts.ts";
import { escapeMarkdown } from "../../../text/escape-markdown.ts";

/** The report's tables and findings, without the plots. */
export function reportMarkdown(data: ReportData): string {
  const { title, verdict, findings, decision, sweep, helped, harmed } = data;
  const blocks = [
    `# ${escapeMarkdown(title)}`,
    `**${escapeMarkdown(verdict)}**`,
    ...chapter("Comparison", comparisonTables(data).map(table)),
    ...chapter("Findings", findings.map(findingItem)),
    ...chapter("Decision", decision ? decisionBlocks(decision) : []),
    ...chapter("How many candidates to rerank", sweep ? [table(sweepTable(sweep))] : []),
    ...chapter(
      "Questions helped most",
      helped.map((one) => caseBlock(one, data)),
    ),
    ...chapter(
      "Questions harmed most",
      harmed.map((one) => caseBlock(one, data)),
    ),
    ...chapter("Time", filledTables([latencyTable(data)])),
    ...chapter("Limits", filledTables([truncationTable(data), failureTable(data)])),
    ...chapter("How this report was made", [madeList(madeWords(data))]),
  ];
  return `${blocks.join("\n\n")}\n`;
}

function decisionBlocks(decision: ReportDecision): string[] {
  return [
    `**${escapeMarkdown(decision.reason)}**`,
    escapeMarkdown(decisionBasis(decision)),
    ...decisionTables(decision).map(table),
  ];
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
