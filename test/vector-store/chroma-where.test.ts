import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { MetadataFilter } from "../../src/documents/metadata-filter.ts";
import { parseFilter } from "../../src/documents/parse-filter.ts";
import { toWhere } from "../../src/vector-store/chroma-where.ts";
import { anyFilter, anyMetadata } from "../documents/generated-filters.ts";
import { naivelySelects } from "../documents/naive-filter.ts";

function whereOf(filter: MetadataFilter): object {
  const tree = parseFilter(filter);
  if (!tree) throw new Error("a filter that lets everything through");
  return toWhere(tree);
}

describe("toWhere", () => {
  test("makes one term of each field and each comparison", () => {
    expect(whereOf({ tenant: "a", year: { $gte: 2020, $lt: 2024 } })).toEqual({
      $and: [{ tenant: { $eq: "a" } }, { year: { $gte: 2020 } }, { year: { $lt: 2024 } }],
    });
  });

  test("unwraps lists of one, which Chroma refuses", () => {
    expect(whereOf({ $and: [{ $or: [{ tenant: "a" }] }] })).toEqual({ tenant: { $eq: "a" } });
  });

  test("parts lists of mixed values by kind", () => {
    expect(whereOf({ a: { $in: [1, 3, "x", true] } })).toEqual({
      $or: [{ a: { $in: [1, 3] } }, { a: { $in: ["x"] } }, { a: { $in: [true] } }],
    });
    expect(whereOf({ a: { $nin: [1, "x"] } })).toEqual({
      $and: [{ a: { $nin: [1] } }, { a: { $nin: ["x"] } }],
    });
  });

  test("says of the whole number that is left of a fraction whether it passes", () => {
    expect(whereOf({ a: 0.5 })).toEqual({ $and: [{ a: { $eq: 0.5 } }, { a: { $nin: [0] } }] });
    expect(whereOf({ a: { $gt: -1.5 } })).toEqual({
      $or: [{ a: { $gt: -1.5 } }, { a: { $in: [-1] } }],
    });
    expect(whereOf({ a: { $nin: [0.5, 2.5] } })).toEqual({
      $or: [{ a: { $nin: [0.5, 2.5] } }, { a: { $in: [0, 2] } }],
    });
  });

  test("selects what the filter selects, by a naive reading of both", () => {
    fc.assert(
      fc.property(anyFilter, anyMetadata, (wanted, found) => {
        const where = whereOf(wanted);
        expect(naivelySelects(where, found)).toBe(naivelySelects(wanted, found));
        expect(isAcceptable(where)).toBe(true);
      }),
    );
  });
});

/** Chroma's own rules for the shape of a `where`. */
function isAcceptable(where: object): boolean {
  const [[key, value] = ["", undefined], ...others] = Object.entries(where);
  if (others.length > 0) return false;
  if (key === "$and" || key === "$or") return value.length > 1 && value.every(isAcceptable);
  return typeof value !== "object" || Object.keys(value).length === 1;
}
