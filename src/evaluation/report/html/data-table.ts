import type { PlainTable } from "../plain-table.ts";
import { html, type Markup } from "./markup.ts";

/**
 * A table with scoped headings in its own box. If the page is narrow, the box scrolls or the table becomes a
 * list.
 */
export function dataTable({ caption, columns, rows }: PlainTable): Markup {
  return scrollBox(
    caption,
    html`<table>
      <caption>
        ${caption}
      </caption>
      <thead>
        <tr>
          ${columns.map(({ name, kind }) => html`<th scope="col" class="${kind}">${name}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          (row) =>
            html`<tr>
              ${row.map((text, index) => cell(text, index, columns[index]))}
            </tr>`,
        )}
      </tbody>
    </table>`,
  );
}

/** The tables that have rows. */
export function filledTables(tables: readonly PlainTable[]): Markup[] {
  return tables.filter(({ rows }) => rows.length > 0).map(dataTable);
}

/** A box that can also be scrolled by keyboard. */
export function scrollBox(label: string, content: Markup): Markup {
  return html`<div class="scroll" role="region" aria-label="${label}" tabindex="0">
    ${content}
  </div>`;
}

/** A cell; it carries its column's name for narrow pages, which show each row as a list. */
function cell(
  text: string,
  index: number,
  column: PlainTable["columns"][number] | undefined,
): Markup {
  const { name = "", kind = "text" } = column ?? {};
  if (index === 0) return html`<th scope="row" class="${kind}" dir="auto">${text}</th>`;
  return html`<td class="${kind}" data-column="${name}"><span dir="auto">${text}</span></td>`;
}
