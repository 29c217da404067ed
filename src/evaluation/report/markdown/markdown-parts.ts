import { escapeMarkdown } from "../../../text/escape-markdown.ts";
import type { PlainTable } from "../plain-table.ts";

/** A chapter with its heading; nothing without blocks. */
export function chapter(title: string, blocks: readonly string[]): string[] {
  return blocks.length === 0 ? [] : [`## ${title}`, ...blocks];
}

/** How a report was made, as a list. */
export function madeList(made: readonly (readonly [string, string])[]): string {
  return made.map(([name, what]) => `- ${name}: ${escapeMarkdown(what)}`).join("\n");
}

/** The tables that have rows. */
export function filledTables(tables: readonly PlainTable[]): string[] {
  return tables.filter((one) => one.rows.length > 0).map(table);
}

/** A table under its caption. */
export function table(plain: PlainTable): string {
  return `**${escapeMarkdown(plain.caption)}**\n\n${rows(plain)}`;
}

/** A table without its caption. */
export function rows({ columns, rows: cells }: PlainTable): string {
  const rule = columns.map(({ kind }) => (kind === "number" ? "---:" : "---"));
  const lines = [columns.map(({ name }) => name), ...cells].map((row) =>
    columns.map((_column, index) => escapeMarkdown(row[index] ?? "")),
  );
  const [head = [], ...body] = lines;
  return [head, rule, ...body].map((row) => `| ${row.join(" | ")} |`).join("\n");
}
