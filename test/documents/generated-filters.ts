import * as fc from "fast-check";
import type { MetadataFilter } from "../../src/documents/metadata-filter.ts";

const { MAX_SAFE_INTEGER, MAX_VALUE, MIN_VALUE } = Number;

const wholes = [-2, -1, -0, 0, 1, 2, MAX_SAFE_INTEGER, 2 ** 53, 2 ** 53 + 2, 2 ** 60, -(2 ** 60)];
const fractions = [-1.5, -1.1, -0.5, -0.1, 1e-10, 0.1, 0.5, 1.1, 1.5, 1e15 + 0.5, 0.1 + 0.2, 0.3];
/** What a document can hold and no filter can ask for. */
const extremes = [MIN_VALUE, 3.2e-50, 2 ** 63, -(2 ** 63), 2 ** 64, 1e20, 1e300, -1e300, MAX_VALUE];
const number = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...wholes, ...fractions) },
  fc.integer({ min: -3, max: 3 }),
  fc.double({ min: 1e-3, max: 3, noNaN: true }),
  fc.double({ min: -1e6, max: -1e-3, noNaN: true }),
);
const text = fc.oneof(
  fc.constantFrom("a", "b", "", "1", "true", "é", "e\u0301", "東京", "😀", "x\0y", "'", "%", "A"),
  fc.string({ unit: "grapheme", maxLength: 3 }),
);
const scalar = fc.oneof(
  { weight: 3, arbitrary: number },
  { weight: 2, arbitrary: text },
  fc.boolean(),
);
const field = fc.constantFrom("x", "y", "ключ", "", "a.b", "constructor", "missing", "😀");

/** Metadata whose fields hold values of any kind, from a few fields and values that filters also use. */
export const anyMetadata: fc.Arbitrary<Record<string, unknown>> = fc.dictionary(
  field.filter((name) => name !== "missing"),
  fc.oneof({ weight: 20, arbitrary: scalar }, fc.constant(null), fc.constantFrom(...extremes)),
  { maxKeys: 5 },
);

const list = fc.array(scalar, { minLength: 1, maxLength: 4 });
const comparison = fc
  .record(
    {
      $eq: scalar,
      $ne: scalar,
      $gt: number,
      $gte: number,
      $lt: number,
      $lte: number,
      $in: list,
      $nin: list,
    },
    { requiredKeys: [] },
  )
  // Several comparisons at once leave little to find.
  .map((all) => Object.fromEntries(Object.entries(all).slice(0, 2)))
  .filter((some) => Object.keys(some).length > 0);
const fields = fc.dictionary(field, fc.oneof(scalar, { weight: 4, arbitrary: comparison }), {
  minKeys: 1,
  maxKeys: 2,
});

/** Every form of the filter language, nested. */
export const { filter: anyFilter }: { filter: fc.Arbitrary<MetadataFilter> } = fc.letrec<{
  filter: MetadataFilter;
}>((tie) => {
  const parts = fc.array(tie("filter"), { minLength: 1, maxLength: 3 });
  return {
    filter: fc.oneof(
      { depthSize: "small" },
      { weight: 3, arbitrary: fields },
      fc.record({ $and: parts }),
      { weight: 2, arbitrary: fc.record({ $or: parts }) },
      fc.tuple(fields, parts).map(([some, $or]) => Object.assign(some, { $or })),
    ),
  };
});

class Tenant {
  tenant = "a";
}

const wrongWholes: readonly (readonly [string, unknown])[] = [
  ["a promise", Promise.resolve({ tenant: "a" })],
  ["null", null],
  ["an array", []],
  ["an array of filters", [{ tenant: "a" }]],
  ["true", true],
  ["false", false],
  ["0", 0],
  ["42", 42],
  ["NaN", NaN],
  ["a bigint", 1n],
  ["an empty string", ""],
  ["a string", "tenant"],
  ["a symbol", Symbol("tenant")],
  ["a Map", new Map([["tenant", "a"]])],
  ["a Set", new Set(["tenant"])],
  ["a Date", new Date(0)],
  ["a function", () => ({ tenant: "a" })],
  ["a class instance", new Tenant()],
  ["inherited properties", Object.create({ tenant: "a" })],
  ["inherited properties without a prototype", Object.create(Object.create(null))],
  [
    "a getter",
    {
      get tenant() {
        return "a";
      },
    },
  ],
  ["a hidden property", Object.defineProperty({}, "tenant", { value: "a" })],
  ["a symbol for a name", { [Symbol("tenant")]: "a" }],
  ["a URLSearchParams", new URLSearchParams("tenant=a")],
  ["an Error", new Error("tenant")],
  ["a regular expression", /a/],
];

const wrongFields: readonly (readonly [string, unknown])[] = [
  ["undefined for a value", { tenant: undefined }],
  ["an empty comparison", { tenant: {} }],
  ["an array for a value", { tenant: ["a"] }],
  ["a comparison that is no operator", { tenant: { $like: "a" } }],
  ["a name that every object has", { tenant: { constructor: "a" } }],
  ["a missing operand", { tenant: { $eq: undefined } }],
  ["a string to order by", { date: { $gte: "2024-01-01" } }],
  ["a date to order by", { date: { $gte: new Date(0) } }],
  ["Infinity", { year: { $lt: Infinity } }],
  ["a number of more than 64 bits", { year: { $lt: 2 ** 63 } }],
  ["a number of too many decimals", { p: { $lt: 1.23456789012345e-9 } }],
  ["an empty $in", { tenant: { $in: [] } }],
  ["a string for $in", { tenant: { $in: "a" } }],
  ["a Set for $in", { tenant: { $in: new Set(["a"]) } }],
  ["a hole in $nin", { tenant: { $nin: Array.from({ length: 1 }) } }],
  ["an empty $or", { $or: [] }],
  ["an object for $and", { $and: { tenant: "a" } }],
  ["$not", { $not: { tenant: "a" } }],
  ["a name that begins with $", { $nor: { $ne: 1 } }],
  ["a name of Chroma's own", { "chroma:document": "a" }],
  ["__proto__", JSON.parse('{ "__proto__": "a" }')],
  ["a lone surrogate", { tenant: "\uD800" }],
  ["a lone surrogate for a name", { "\uDC00": "a" }],
];

/** Locations in a filter that may hold a filter or a value. */
const locationsOfFilters: readonly (readonly [string, (wrong: unknown) => unknown])[] = [
  ["as the filter", (wrong) => wrong],
  ["in $or", (wrong) => ({ $or: [{ tenant: "a" }, wrong] })],
  ["in $and", (wrong) => ({ $and: [wrong] })],
  ["deep inside", (wrong) => ({ x: 1, $and: [{ $or: [{ y: { $gt: 1 } }, wrong] }] })],
];
const locationsOfValues: typeof locationsOfFilters = [
  ["as an operand", (wrong) => ({ tenant: { $ne: wrong } })],
  ["in $in", (wrong) => ({ tenant: { $in: ["a", wrong] } })],
];

const isScalar = (value: unknown): boolean =>
  typeof value === "string" || typeof value === "boolean" || Number.isFinite(value);

/** Invalid filters with their names: every wrong value at every location where it is wrong. */
export const wrongFilters: readonly (readonly [string, unknown])[] = [
  ...[...wrongWholes, ...wrongFields].flatMap(([name, wrong]) =>
    locationsOfFilters.map(([location, put]) => [`${name} ${location}`, put(wrong)] as const),
  ),
  ...locationsOfFilters
    .slice(1)
    .flatMap(([location, put]) =>
      [{}, undefined].map(
        (wrong) => [`${wrong ? "{}" : "undefined"} ${location}`, put(wrong)] as const,
      ),
    ),
  ...[...wrongWholes, ["undefined", undefined] as const, ["an object", {}] as const]
    .filter(([, wrong]) => !isScalar(wrong))
    .flatMap(([name, wrong]) =>
      locationsOfValues.map(([location, put]) => [`${name} ${location}`, put(wrong)] as const),
    ),
];
