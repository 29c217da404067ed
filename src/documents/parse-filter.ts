import { describe, kindOf, RetrievalError } from "../errors.ts";
import { copyFilter, Foreign, invalid, mostLevels } from "./copy-filter.ts";
import { comparableNumber, isComparedExactly } from "./comparable-number.ts";
import { allOf, anyOf, type Condition, type FilterTree } from "./filter-tree.ts";
import type { MetadataFilter, Scalar } from "./metadata-filter.ts";
import { wellFormed } from "../text/well-formed.ts";

const comparisonExample = "a comparison such as { $gte: 2024 }";

/**
 * Parses a filter. `undefined` and `{}` mean no filter and return `undefined`; everything else restricts a
 * search or is refused, so that a mistake never reveals more documents.
 *
 * @throws `invalid-input` with the path in the filter, what was expected there, and what was found
 */
export function parseFilter(filter: unknown): FilterTree | undefined {
  return parseCopy(copyFilter(filter));
}

function parseCopy(filter: unknown): FilterTree | undefined {
  if (filter === undefined) return undefined;
  const fields = readFields(filter, "");
  return fields.length === 0 ? undefined : parseFields(fields, { path: "", level: 0 });
}

/**
 * Returns a validated copy of a filter, so that later changes to the caller's object have no effect;
 * `undefined` if there is no filter.
 */
export function requireFilter(filter: MetadataFilter | undefined): MetadataFilter | undefined {
  const copy = copyFilter(filter);
  return narrows(copy) ? copy : undefined;
}

/** Whether the value is a filter that restricts anything. */
function narrows(copy: unknown): copy is MetadataFilter {
  return parseCopy(copy) !== undefined;
}

/**
 * Throws if a `filter` is among options where it would be ignored. Values that are not objects are left to the
 * validation of the options; an array's `filter` is a method.
 */
export function refuseFilter(options: unknown): void {
  if (typeof options !== "object" || options === null || Array.isArray(options)) return;
  if (!("filter" in options) || options.filter === undefined) return;
  throw new RetrievalError(
    "invalid-option",
    "Expected no `filter` in these options, which do not apply it: pass the filter with each call to `candidates`, or to `search` of a TwoStageRetriever.",
  );
}

/**
 * Throws if LangChain would not accept the value as the config of a call, or if it has a `filter`, which
 * LangChain drops.
 */
export function requireConfig(config: unknown): void {
  if (config === undefined || config === null) return;
  if (typeof config !== "object" || Array.isArray(config) || "then" in config) {
    throw new RetrievalError(
      "invalid-option",
      `Expected the config of \`invoke\` to be an object such as { signal }, got ${describe(config)}.`,
    );
  }
  refuseFilter(config);
}

interface Location {
  readonly path: string;
  readonly level: number;
}

function parseFields(
  fields: readonly (readonly [string, unknown])[],
  location: Location,
): FilterTree {
  const level = fields.length > 1 ? location.level + 1 : location.level;
  if (level > mostLevels) {
    throw invalid(location.path, `at most ${mostLevels} levels of \`$and\` and \`$or\``, "more");
  }
  return allOf(
    fields.map(([key, value]) => {
      const path = location.path === "" ? key : `${location.path}.${key}`;
      return parseField(key, value, { path, level });
    }),
  );
}

function parseField(key: string, value: unknown, { path, level }: Location): FilterTree {
  if (key === "$and") return allOf(parseParts(value, { path, level: level + 1 }));
  if (key === "$or") return anyOf(parseParts(value, { path, level: level + 1 }));
  requireFieldName(key, path);
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    const operand = requireScalar(value, path, `, or ${comparisonExample}`);
    return { field: key, operator: "$eq", operand };
  }
  const comparisons = readFields(
    value,
    path,
    `a string, number or boolean, or ${comparisonExample}`,
  );
  if (comparisons.length === 0) throw invalid(path, comparisonExample, "an empty object");
  return allOf(
    comparisons.map(([operator, operand]) =>
      parseCondition(key, operator, { operand, path: `${path}.${operator}` }),
    ),
  );
}

function parseParts(value: unknown, { path, level }: Location): FilterTree[] {
  return requireItems(value, path, "filters").map((part, index) => {
    const at = `${path}[${index}]`;
    const fields = readFields(part, at);
    if (fields.length > 0) return parseFields(fields, { path: at, level });
    throw invalid(at, 'a filter such as { tenant: "a" }', "an empty object");
  });
}

function parseCondition(
  field: string,
  operator: string,
  { operand, path }: { readonly operand: unknown; readonly path: string },
): Condition {
  switch (operator) {
    case "$eq":
    case "$ne":
      return { field, operator, operand: requireScalar(operand, path) };
    case "$gt":
    case "$gte":
    case "$lt":
    case "$lte":
      return { field, operator, operand: requireNumber(operand, path) };
    case "$in":
    case "$nin":
      return {
        field,
        operator,
        operand: requireItems(operand, path, "strings, numbers or booleans").map((item, index) =>
          requireScalar(item, `${path}[${index}]`),
        ),
      };
    default:
      throw invalid(
        path,
        "one of $eq, $ne, $gt, $gte, $lt, $lte, $in and $nin",
        JSON.stringify(operator),
      );
  }
}

/** The fields of a plain object. */
function readFields(
  value: unknown,
  path: string,
  expected = 'a plain object such as { tenant: "a" }',
): [string, unknown][] {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw invalid(path, expected, kindOf(value));
  }
  if (value instanceof Foreign) {
    const kind = kindIn(value);
    throw invalid(
      path,
      expected,
      kind === "an object" ? "an object that inherits properties" : kind,
    );
  }
  return Object.entries(value);
}

function requireItems(value: unknown, path: string, what: string): unknown[] {
  if (!Array.isArray(value)) throw invalid(path, `an array of ${what}`, kindIn(value));
  if (value.length === 0) throw invalid(path, `an array of ${what}`, "an empty array");
  return value;
}

function requireFieldName(key: string, path: string): void {
  if (key.startsWith("$")) throw invalid(path, "`$and`, `$or` or a field name", `\`${key}\``);
  if (key === "__proto__" || key.startsWith("chroma:")) {
    throw invalid(path, "a name that Chroma can store", `${JSON.stringify(key)}; rename the field`);
  }
  if (wellFormed(key) !== key)
    throw invalid(path, "a well-formed name", "a name with a lone surrogate");
}

function requireScalar(value: unknown, path: string, alternative = ""): Scalar {
  if (typeof value === "boolean") return value;
  if (typeof value === "number") return requireNumber(value, path);
  if (typeof value !== "string") {
    throw invalid(path, `a string, number or boolean${alternative}`, kindIn(value) + wayOut(value));
  }
  if (wellFormed(value) === value) return value;
  throw invalid(path, "a well-formed string", "a string with a lone surrogate");
}

function requireNumber(value: unknown, path: string): number {
  if (typeof value !== "number" || !Number.isFinite(value)) {
    throw invalid(path, "a number", kindIn(value) + wayOut(value, "; store dates as numbers"));
  }
  const comparable = comparableNumber(value);
  if (isComparedExactly(comparable)) return comparable;
  throw invalid(path, "a number between -2^63 and 2^63 with at most 20 decimals", `${value}`);
}

function wayOut(value: unknown, ofString = ""): string {
  if (Array.isArray(value)) return "; use $in to match one of several values";
  if (value instanceof Foreign && value.kind === "a Date") return "; store dates as numbers";
  return typeof value === "string" ? ofString : "";
}

function kindIn(value: unknown): string {
  return value instanceof Foreign ? value.kind : kindOf(value);
}
