import { RetrievalError } from "../../errors.ts";
import { biEncoderRows } from "./bi-encoder-rows.ts";
import { crossEncoderRows } from "./cross-encoder-rows.ts";
import type { CatalogRow } from "./model-row.ts";
import { multiVectorRows } from "./multi-vector-rows.ts";

/** Every model known by name; to add a model, add a row to one of these lists. */
export const modelCatalog: readonly CatalogRow[] = [
  ...biEncoderRows,
  ...crossEncoderRows,
  ...multiVectorRows,
];

/** The row with this name, ignoring case; `undefined` if the catalogue has none. */
export function findModel(name: string): CatalogRow | undefined {
  const wanted = name.toLowerCase();
  return modelCatalog.find(({ names }) => names.some((known) => known.toLowerCase() === wanted));
}

/** The model's name on the hub if the catalogue knows it by `name`, else `name` itself. */
export function canonicalName(name: string): string {
  return findModel(name)?.names[0] ?? name;
}

/** The graph to use if the user names neither a graph nor a dtype; `undefined` for the usual names. */
export function graphOf(name: string): string | undefined {
  const row = findModel(name);
  return row?.kind === "multi-vector" ? row.file : undefined;
}

type ModelKind = CatalogRow["kind"];
type RowOfKind<Kind extends ModelKind> = Extract<CatalogRow, { readonly kind: Kind }>;

/**
 * The row of a model, if the catalogue has it; refuses one of the other kind. A model outside the catalogue
 * shows its kind when it runs.
 */
export function requireKind<Kind extends ModelKind>(
  name: string,
  kind: Kind,
): RowOfKind<Kind> | undefined {
  const row = typeof name === "string" ? findModel(name) : undefined;
  if (row === undefined) return undefined;
  if (isOfKind(row, kind)) return row;
  const use = {
    "bi-encoder": "pass it to `OnnxEmbeddings`",
    "cross-encoder": "pass it to `CrossEncoderReranker`",
    "multi-vector": "pass it to `MultiVectorScorer`",
  } as const;
  throw new RetrievalError(
    "model-mismatch",
    `Expected a ${kind}, but ${name} is a ${row.kind}: ${use[row.kind]}.`,
  );
}

function isOfKind<Kind extends ModelKind>(row: CatalogRow, kind: Kind): row is RowOfKind<Kind> {
  return row.kind === kind;
}
