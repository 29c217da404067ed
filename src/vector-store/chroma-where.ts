import type { Where } from "chromadb";
import type { MetadataFilter } from "../documents/metadata-filter.ts";
import { RetrievalError } from "../errors.ts";

type Scalar = string | number | boolean;

const comparisons = {
  $eq: ($eq: Scalar) => ({ $eq }),
  $ne: ($ne: Scalar) => ({ $ne }),
  $gt: ($gt: Scalar) => ({ $gt }),
  $gte: ($gte: Scalar) => ({ $gte }),
  $lt: ($lt: Scalar) => ({ $lt }),
  $lte: ($lte: Scalar) => ({ $lte }),
};

/**
 * A filter in the form that Chroma takes: one operator in each object, at least two terms in `$and` and
 * `$or`, one kind of value in a list. `undefined` where the filter lets everything through.
 */
export function toWhere(filter: MetadataFilter): Where | undefined {
  return allOf(Object.entries(filter).flatMap(([key, value]) => toTerms(key, value)));
}

/** What passes both filters. */
export function bothFilters(
  first: MetadataFilter | undefined,
  second: MetadataFilter | undefined,
): MetadataFilter | undefined {
  return first && second ? { $and: [first, second] } : (first ?? second);
}

function toTerms(key: string, value: unknown): Where[] {
  if (key === "$and") return toParts(key, value).filter((part) => part !== undefined);
  if (key === "$or") {
    const parts = toParts(key, value);
    const narrowing = parts.filter((part) => part !== undefined);
    return narrowing.length < parts.length ? [] : anyOf(narrowing);
  }
  if (isScalar(value)) return [{ [key]: value }];
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw badFilter(key, value);
  }
  const terms = Object.entries(value).flatMap(([operator, operand]) =>
    toComparison(key, operator, operand),
  );
  if (terms.length === 0) throw badFilter(key, value);
  return terms;
}

function toComparison(key: string, operator: string, operand: unknown): Where[] {
  if (operator === "$in") {
    return anyOf(ofOneKind(key, operator, operand).map(($in) => ({ [key]: { $in } })));
  }
  if (operator === "$nin") {
    return ofOneKind(key, operator, operand).map(($nin) => ({ [key]: { $nin } }));
  }
  if (!isComparison(operator) || !isScalar(operand)) throw badFilter(`${key}.${operator}`, operand);
  return [{ [key]: comparisons[operator](operand) }];
}

function toParts(key: string, value: unknown): (Where | undefined)[] {
  if (!Array.isArray(value) || value.length === 0) throw badFilter(key, value);
  return value.map((part: unknown) => {
    if (typeof part !== "object" || part === null) throw badFilter(key, value);
    return allOf(Object.entries(part).flatMap(([name, wanted]) => toTerms(name, wanted)));
  });
}

/** Chroma refuses a list that mixes texts, booleans, whole numbers and fractions. */
function ofOneKind(key: string, operator: string, operand: unknown): Scalar[][] {
  if (!Array.isArray(operand) || operand.length === 0 || !operand.every(isScalar)) {
    throw badFilter(`${key}.${operator}`, operand);
  }
  const kinds = [...new Set(operand.map(kindOf))];
  return kinds.map((kind) => operand.filter((value) => kindOf(value) === kind));
}

function allOf(terms: Where[]): Where | undefined {
  return terms.length > 1 ? { $and: terms } : terms[0];
}

function anyOf(terms: Where[]): Where[] {
  return terms.length > 1 ? [{ $or: terms }] : terms;
}

function isScalar(value: unknown): value is Scalar {
  return typeof value === "string" || typeof value === "boolean" || Number.isFinite(value);
}

function isComparison(operator: string): operator is keyof typeof comparisons {
  return Object.hasOwn(comparisons, operator);
}

function kindOf(value: Scalar): string {
  return Number.isInteger(value) ? "integer" : typeof value;
}

function badFilter(where: string, got: unknown): RetrievalError {
  return new RetrievalError(
    "invalid-input",
    `The filter is not one: expected a text, number or boolean, a comparison such as { $gte: 2024 }, or a list that is not empty at \`${where}\`, got ${JSON.stringify(got)}.`,
  );
}
