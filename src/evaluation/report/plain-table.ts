/** A table before it is HTML or Markdown: all cells are texts as they came. */
export interface PlainTable {
  readonly caption: string;
  readonly columns: readonly PlainColumn[];
  /** The first cell of a row names the row. */
  readonly rows: readonly (readonly string[])[];
}

export interface PlainColumn {
  readonly name: string;
  /** Numbers line up with those above and below. */
  readonly kind: "text" | "number";
}

/** Columns of texts, then columns of numbers. */
export function columns(texts: readonly string[], numbers: readonly string[]): PlainColumn[] {
  return [
    ...texts.map((name) => ({ name, kind: "text" }) as const),
    ...numbers.map((name) => ({ name, kind: "number" }) as const),
  ];
}

/** What stands in a cell that has nothing to say. */
export const emptyCell = "–";
