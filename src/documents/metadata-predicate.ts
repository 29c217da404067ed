import { RetrievalError } from "../errors.ts";
import type { MetadataFilter } from "./metadata-filter.ts";

type Metadata = Readonly<Record<string, unknown>>;
type Predicate = (metadata: Metadata) => boolean;
type Scalar = string | number | boolean;

/** Whether a field's value passes; `undefined` stands for a field that is missing. */
type Comparison = (value: unknown) => boolean;

const ofScalar = {
  $eq: (operand: Scalar) => (value: unknown) => value === operand,
  $ne: (operand: Scalar) => (value: unknown) => value !== operand,
};
const ofNumber = {
  $gt: (operand: number) => (value: unknown) => typeof value === "number" && value > operand,
  $gte: (operand: number) => (value: unknown) => typeof value === "number" && value >= operand,
  $lt: (operand: number) => (value: unknown) => typeof value === "number" && value < operand,
  $lte: (operand: number) => (value: unknown) => typeof value === "number" && value <= operand,
};
const ofList = {
  $in: (operand: ReadonlySet<unknown>) => (value: unknown) => operand.has(value),
  $nin: (operand: ReadonlySet<unknown>) => (value: unknown) => !operand.has(value),
};

/**
 * A filter as a function that tells which metadata pass, as a Chroma server would: a missing field, or
 * one of another kind, passes `$ne` and `$nin` and nothing else. Unlike Chroma's server, which cuts the
 * fraction off before it compares with a whole number, `1.5` is more than 1.
 */
export function metadataPredicate(filter: MetadataFilter): Predicate {
  return allOf(Object.entries(filter).map(([key, value]) => toPredicate(key, value)));
}

function toPredicate(key: string, value: unknown): Predicate {
  if (key === "$and") return allOf(toParts(key, value));
  if (key === "$or") {
    const parts = toParts(key, value);
    return (metadata) => parts.some((part) => part(metadata));
  }
  const comparisons = isScalar(value) ? [ofScalar.$eq(value)] : toComparisons(key, value);
  return (metadata) => {
    const found = Object.hasOwn(metadata, key) ? metadata[key] : undefined;
    return comparisons.every((passes) => passes(found));
  };
}

function toComparisons(key: string, value: unknown): Comparison[] {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw badFilter(key, value);
  }
  const comparisons = Object.entries(value).map(([operator, operand]) => {
    if (isKeyOf(ofScalar, operator) && isScalar(operand)) return ofScalar[operator](operand);
    if (isKeyOf(ofNumber, operator) && isNumber(operand)) return ofNumber[operator](operand);
    if (isKeyOf(ofList, operator) && isList(operand)) return ofList[operator](new Set(operand));
    throw badFilter(`${key}.${operator}`, operand);
  });
  if (comparisons.length === 0) throw badFilter(key, value);
  return comparisons;
}

function toParts(key: string, value: unknown): Predicate[] {
  if (!Array.isArray(value) || value.length === 0) throw badFilter(key, value);
  return value.map((part: unknown) => {
    if (typeof part !== "object" || part === null) throw badFilter(key, value);
    return allOf(Object.entries(part).map(([name, wanted]) => toPredicate(name, wanted)));
  });
}

function allOf(predicates: readonly Predicate[]): Predicate {
  return (metadata) => predicates.every((passes) => passes(metadata));
}

function isKeyOf<Table extends object>(table: Table, key: string): key is keyof Table & string {
  return Object.hasOwn(table, key);
}

function isNumber(value: unknown): value is number {
  return Number.isFinite(value);
}

function isScalar(value: unknown): value is Scalar {
  return typeof value === "string" || typeof value === "boolean" || isNumber(value);
}

function isList(value: unknown): value is readonly Scalar[] {
  return Array.isArray(value) && value.length > 0 && value.every(isScalar);
}

function badFilter(where: string, got: unknown): RetrievalError {
  return new RetrievalError(
    "invalid-input",
    `The filter is not one: expected a text, number or boolean, a comparison such as { $gte: 2024 }, or a list that is not empty at \`${where}\`, got ${JSON.stringify(got)}.`,
  );
}
