import { comparableNumber } from "./comparable-number.ts";
import type { Condition, FilterTree } from "./filter-tree.ts";
import { flatLocation } from "./flat-location.ts";
import { wellFormed } from "../text/well-formed.ts";

type Metadata = Readonly<Record<string, unknown>>;

/**
 * Turns a filter into a predicate that matches metadata as a Chroma server does: a missing field, or one of
 * another type, matches `$ne` and `$nin` only. Fractions are compared to 15 digits.
 */
export function metadataPredicate(tree: FilterTree): (metadata: Metadata) => boolean {
  if ("all" in tree) {
    const parts = tree.all.map(metadataPredicate);
    return (metadata) => parts.every((passes) => passes(metadata));
  }
  if ("any" in tree) {
    const parts = tree.any.map(metadataPredicate);
    return (metadata) => parts.some((passes) => passes(metadata));
  }
  const { field } = tree;
  const passes = comparison(tree);
  const hasDamage = mentionsDamage(tree.operand);
  return (metadata) => passes(asStored(valueOf(metadata, field), hasDamage));
}

/** Tests a value; `undefined` means a missing field. */
function comparison({ operator, operand }: Condition): (value: unknown) => boolean {
  switch (operator) {
    case "$eq":
      return (value) => value === operand;
    case "$ne":
      return (value) => value !== operand;
    case "$gt":
      return (value) => typeof value === "number" && value > operand;
    case "$gte":
      return (value) => typeof value === "number" && value >= operand;
    case "$lt":
      return (value) => typeof value === "number" && value < operand;
    case "$lte":
      return (value) => typeof value === "number" && value <= operand;
    case "$in": {
      const wanted = new Set<unknown>(operand);
      return (value) => wanted.has(value);
    }
    default: {
      const unwanted = new Set<unknown>(operand);
      return (value) => !unwanted.has(value);
    }
  }
}

/** The value that Chroma would store under the name. */
function valueOf(metadata: Metadata, field: string): unknown {
  const fields = field.startsWith("loc") ? flatLocation(metadata) : metadata;
  if (!mentionsDamage(field)) return Object.hasOwn(fields, field) ? fields[field] : undefined;
  const name = Object.keys(fields).findLast((key) => wellFormed(key) === field);
  return name === undefined ? undefined : fields[name];
}

/** A value as Chroma would store it. */
function asStored(value: unknown, hasDamage: boolean): unknown {
  if (typeof value === "number") return comparableNumber(value);
  return hasDamage && typeof value === "string" ? wellFormed(value) : value;
}

/**
 * Chroma stores lone surrogates as U+FFFD, so the stored text can only match differently if the filter contains
 * U+FFFD.
 */
function mentionsDamage(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(mentionsDamage);
  return typeof value === "string" && value.includes("\uFFFD");
}
