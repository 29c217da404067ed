import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { MetadataFilter } from "../../src/documents/metadata-filter.ts";
import { bothFilters, toWhere } from "../../src/vector-store/chroma-where.ts";

describe("toWhere", () => {
  test("makes one term of each field and each comparison", () => {
    expect(toWhere({ tenant: "a", year: { $gte: 2020, $lt: 2024 } })).toEqual({
      $and: [{ tenant: "a" }, { year: { $gte: 2020 } }, { year: { $lt: 2024 } }],
    });
  });

  test("unwraps lists of one, which Chroma refuses", () => {
    expect(toWhere({ $and: [{ $or: [{ tenant: "a" }] }] })).toEqual({ tenant: "a" });
  });

  test("parts lists of mixed values by kind", () => {
    expect(toWhere({ a: { $in: [1, 2.5, 3, "x", true] } })).toEqual({
      $or: [
        { a: { $in: [1, 3] } },
        { a: { $in: [2.5] } },
        { a: { $in: ["x"] } },
        { a: { $in: [true] } },
      ],
    });
    expect(toWhere({ a: { $nin: [1, "x"] } })).toEqual({
      $and: [{ a: { $nin: [1] } }, { a: { $nin: ["x"] } }],
    });
  });

  test("is absent where nothing is asked for", () => {
    expect(toWhere({})).toBeUndefined();
    expect(toWhere({ $or: [{ tenant: "a" }, {}] })).toBeUndefined();
  });

  test.each([
    ["a tenant that is missing", { tenant: undefined }],
    ["null", { tenant: null }],
    ["an empty comparison", { tenant: {} }],
    ["an empty $in", { tenant: { $in: [] } }],
    ["an empty $or", { $or: [] }],
    ["an empty $and", { $and: [] }],
    ["a part that is no filter", { $and: ["tenant"] }],
    ["an unknown comparison", { tenant: { $like: "a" } }],
    ["a missing operand", { tenant: { $eq: undefined } }],
    ["NaN", { year: NaN }],
    ["a list for a field", { tenant: ["a"] }],
  ])("refuses %s instead of letting everything through", (_name, filter) => {
    expect(() => Reflect.apply(toWhere, undefined, [filter])).toThrow(
      expect.objectContaining({ code: "invalid-input" }),
    );
  });

  test("selects what the filter selects, by a naive reading of both", () => {
    const scalar = fc.oneof(fc.constantFrom("a", "b"), fc.boolean(), fc.constantFrom(1, 2, 2.5));
    const number = fc.constantFrom(1, 2, 2.5);
    const list = fc.array(scalar, { minLength: 1, maxLength: 3 });
    const comparison = fc.record(
      { $eq: scalar, $ne: scalar, $gt: number, $lte: number, $in: list, $nin: list },
      { requiredKeys: [] },
    );
    const field = fc.oneof(
      scalar,
      comparison.filter((found) => Object.keys(found).length > 0),
    );
    const { filter } = fc.letrec<{ filter: MetadataFilter }>((tie) => ({
      filter: fc.oneof(
        { depthSize: "small" },
        fc.dictionary(fc.constantFrom("x", "y"), field),
        fc.record({ $and: fc.array(tie("filter"), { minLength: 1, maxLength: 3 }) }),
        fc.record({ $or: fc.array(tie("filter"), { minLength: 1, maxLength: 3 }) }),
      ),
    }));
    const metadata = fc.record({ x: scalar, y: scalar }, { requiredKeys: [] });
    fc.assert(
      fc.property(filter, metadata, (wanted, found) => {
        const where = toWhere(wanted);
        expect(where === undefined || selects(where, found)).toBe(selects(wanted, found));
        expect(where === undefined || isAcceptable(where)).toBe(true);
      }),
    );
  });
});

test("bothFilters lets through what passes the two", () => {
  expect(bothFilters({ tenant: "a" }, { year: 1 })).toEqual({
    $and: [{ tenant: "a" }, { year: 1 }],
  });
  expect(bothFilters(undefined, { year: 1 })).toEqual({ year: 1 });
  expect(bothFilters(undefined, undefined)).toBeUndefined();
});

/** The meaning of a filter, read off its words one by one. */
function selects(filter: object, found: Readonly<Record<string, unknown>>): boolean {
  return Object.entries(filter).every(([key, wanted]) => {
    if (key === "$and") return wanted.every((part: object) => selects(part, found));
    if (key === "$or") return wanted.some((part: object) => selects(part, found));
    if (typeof wanted !== "object") return found[key] === wanted;
    return Object.entries(wanted).every(([operator, operand]) =>
      compares(operator, found[key], operand),
    );
  });
}

function compares(operator: string, value: unknown, operand: unknown): boolean {
  const list = Array.isArray(operand) ? operand : [operand];
  if (operator === "$eq" || operator === "$in") return list.includes(value);
  if (operator === "$ne" || operator === "$nin") return !list.includes(value);
  if (typeof value !== "number" || typeof operand !== "number") return false;
  return operator === "$gt" ? value > operand : value <= operand;
}

/** Chroma's own rules for the shape of a `where`. */
function isAcceptable(where: object): boolean {
  const [[key, value] = ["", undefined], ...others] = Object.entries(where);
  if (others.length > 0) return false;
  if (key === "$and" || key === "$or") return value.length > 1 && value.every(isAcceptable);
  return typeof value !== "object" || Object.keys(value).length === 1;
}
