import type { Where } from "chromadb";
import type { Condition, FilterTree } from "../documents/filter-tree.ts";
import type { Scalar } from "../documents/metadata-filter.ts";
import { metadataPredicate } from "../documents/metadata-predicate.ts";

/** Converts a filter to Chroma's format: one operator per object, one kind of value per list. */
export function toWhere(tree: FilterTree): Where {
  if ("all" in tree) return { $and: tree.all.map(toWhere) };
  if ("any" in tree) return { $or: tree.any.map(toWhere) };
  if (tree.operator !== "$in" && tree.operator !== "$nin") return toTerm(tree);
  const terms = ofOneKind(tree.operand).map((operand) => toTerm({ ...tree, operand }));
  const [first] = terms;
  if (first && terms.length === 1) return first;
  return tree.operator === "$in" ? { $or: terms } : { $and: terms };
}

/**
 * Chroma's server truncates a fractional operand before it compares it with stored whole numbers: 0.1 then
 * equals 0. So the truncated number is included or excluded by a separate term.
 */
function toTerm(condition: Condition): Where {
  const term = { [condition.field]: comparisonOf(condition) };
  const left = [condition.operand].flat().filter(isFraction).map(Math.trunc);
  if (left.length === 0) return term;
  return metadataPredicate(condition)({ [condition.field]: left[0] })
    ? { $or: [term, { [condition.field]: { $in: left } }] }
    : { $and: [term, { [condition.field]: { $nin: left } }] };
}

/** The only place where an operator becomes a property, so that its type is preserved. */
function comparisonOf({ operator, operand }: Condition) {
  switch (operator) {
    case "$eq":
      return { $eq: operand };
    case "$ne":
      return { $ne: operand };
    case "$gt":
      return { $gt: operand };
    case "$gte":
      return { $gte: operand };
    case "$lt":
      return { $lt: operand };
    case "$lte":
      return { $lte: operand };
    case "$in":
      return { $in: [...operand] };
    default:
      return { $nin: [...operand] };
  }
}

/** Chroma refuses a list that mixes strings, booleans, whole numbers and fractions. */
function ofOneKind(list: readonly Scalar[]): Scalar[][] {
  const kinds = [...new Set(list.map(valueKind))];
  return kinds.map((kind) => list.filter((value) => valueKind(value) === kind));
}

function valueKind(value: Scalar): string {
  return Number.isInteger(value) ? "integer" : typeof value;
}

function isFraction(value: unknown): value is number {
  return typeof value === "number" && !Number.isInteger(value);
}
