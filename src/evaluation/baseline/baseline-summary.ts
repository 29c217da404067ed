import { escapeMarkdown } from "../../text/escape-markdown.ts";
import { filledTables } from "../report/markdown/markdown-parts.ts";
import type { BaselineComparison } from "./baseline-comparison.ts";
import {
  changeTable,
  dropTable,
  otherMeasuresTable,
  settingsTable,
  timeTable,
} from "./baseline-tables.ts";
import { detectionWords } from "./baseline-words.ts";

/** The comparison in Markdown, for a pull request. */
export function baselineSummary(comparison: BaselineComparison): string {
  const { isWorse, verdict, systems, newSystems, measure } = comparison;
  const tables = [
    changeTable(comparison),
    otherMeasuresTable(comparison),
    timeTable(comparison),
    settingsTable(comparison),
    ...systems
      .filter(({ outcome }) => outcome === "worse")
      .map((system) => dropTable(system, measure)),
  ];
  const [first = "", ...others] = filledTables(tables);
  const blocks = [
    `## Retrieval quality: ${isWorse ? "worse than the baseline" : "no significant drop"}`,
    `**${escapeMarkdown(verdict)}**`,
    first,
    detectionWords(comparison)
      .map((words) => `- ${escapeMarkdown(words)}`)
      .join("\n"),
    ...others,
    ...(newSystems.length === 0
      ? []
      : [escapeMarkdown(`Not in the baseline, so not compared: ${newSystems.join(", ")}.`)]),
  ];
  return `${blocks.join("\n\n")}\n`;
}
