import type { Scalar } from "./metadata-filter.ts";

/** One comparison of one metadata field. */
export type Condition = { readonly field: string } & (
  | { readonly operator: "$eq" | "$ne"; readonly operand: Scalar }
  | { readonly operator: "$gt" | "$gte" | "$lt" | "$lte"; readonly operand: number }
  | { readonly operator: "$in" | "$nin"; readonly operand: readonly Scalar[] }
);

/** A validated filter: a condition, or a list of which all or any must hold. */
export type FilterTree =
  | Condition
  | { readonly all: readonly FilterTree[] }
  | { readonly any: readonly FilterTree[] };

/** A filter that requires all of `parts`, of which there is at least one. */
export function allOf(parts: readonly FilterTree[]): FilterTree {
  const flat = parts.flatMap((part) => ("all" in part ? part.all : [part]));
  const [first] = flat;
  return first && flat.length === 1 ? first : { all: flat };
}

/** A filter that requires any of `parts`, of which there is at least one. */
export function anyOf(parts: readonly FilterTree[]): FilterTree {
  const flat = parts.flatMap((part) => ("any" in part ? part.any : [part]));
  const [first] = flat;
  return first && flat.length === 1 ? first : { any: flat };
}
