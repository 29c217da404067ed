import { escapeMarkdown } from "../../../text/escape-markdown.ts";
import type { BakeOffReportData } from "../bake-off-data.ts";
import {
  admissionTable,
  agreementTable,
  bakeOffMade,
  entryTable,
  failedQueryTable,
  frontTable,
  rerankerTable,
} from "../bake-off-tables.ts";
import { chapter, filledTables, madeList } from "./markdown-parts.ts";

/** The tables of a bake-off, without the plot. */
export function bakeOffMarkdown(data: BakeOffReportData): string {
  const blocks = [
    `# ${escapeMarkdown(data.title)}`,
    `**${escapeMarkdown(data.verdict)}**`,
    ...chapter("Quality against time", filledTables([frontTable(data)])),
    ...chapter("Does reranking help", filledTables([admissionTable(data)])),
    ...chapter("Reranker against reranker", filledTables([rerankerTable(data)])),
    ...chapter("Agreement", filledTables([agreementTable(data)])),
    ...chapter("All entries", filledTables([entryTable(data)])),
    ...chapter("Limits", filledTables([failedQueryTable(data)])),
    ...chapter("How this report was made", [madeList(bakeOffMade(data))]),
  ];
  return `${blocks.join("\n\n")}\n`;
}
