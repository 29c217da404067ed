/** A table before it is rendered as HTML or Markdown; all cells are unescaped strings. */
export interface PlainTable {
  readonly caption: string;
  readonly columns: readonly PlainColumn[];
  /** The first cell of a row is its heading. */
  readonly rows: readonly (readonly string[])[];
}

export interface PlainColumn {
  readonly name: string;
  /** Numbers are aligned in their column. */
  readonly kind: "text" | "number";
}

/** Text columns, then number columns. */
export function columns(texts: readonly string[], numbers: readonly string[]): PlainColumn[] {
  return [
    ...texts.map((name) => ({ name, kind: "text" }) as const),
    ...numbers.map((name) => ({ name, kind: "number" }) as const),
  ];
}

/** Content of an empty cell. */
export const emptyCell = "–";
