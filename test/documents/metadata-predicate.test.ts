import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { MetadataFilter } from "../../src/documents/metadata-filter.ts";
import { metadataPredicate } from "../../src/documents/metadata-predicate.ts";
import { deepFreeze } from "../deep-freeze.ts";

const documents: Readonly<Record<string, Readonly<Record<string, unknown>>>> = deepFreeze({
  none: { other: 1 },
  one: { a: 1 },
  two: { a: 2, b: "x" },
  half: { a: 1.5 },
  text: { a: "1" },
  yes: { a: true },
  nothing: { a: null },
  list: { a: [1] },
});

const passing = (filter: MetadataFilter): string =>
  Object.entries(documents)
    .filter(([, metadata]) => metadataPredicate(deepFreeze(filter))(metadata))
    .map(([name]) => name)
    .join(" ");

describe("metadataPredicate", () => {
  test.each<[MetadataFilter, string]>([
    [{ a: 1 }, "one"],
    [{ a: "1" }, "text"],
    [{ a: true }, "yes"],
    [{ a: { $eq: 1.5 } }, "half"],
    [{ a: { $ne: 1 } }, "none two half text yes nothing list"],
    [{ a: { $gt: 1 } }, "two half"],
    [{ a: { $gte: 1 } }, "one two half"],
    [{ a: { $lt: 1.5 } }, "one"],
    [{ a: { $lte: 1.5 } }, "one half"],
    [{ a: { $gt: 1, $lt: 2 } }, "half"],
    [{ a: { $in: [1, "1", true] } }, "one text yes"],
    [{ a: { $nin: [1, "1", true] } }, "none two half nothing list"],
    [{ missing: { $ne: 1 } }, Object.keys(documents).join(" ")],
    [{ missing: { $lt: 5 } }, ""],
    [{ a: 2, b: "x" }, "two"],
    [{ $and: [{ a: 2 }, { b: "y" }] }, ""],
    [{ $or: [{ a: 2 }, { other: 1 }] }, "none two"],
    [{ $or: [{ a: 2 }, {}] }, Object.keys(documents).join(" ")],
    [{}, Object.keys(documents).join(" ")],
    [{ toString: { $ne: "x" } }, Object.keys(documents).join(" ")],
    [{ constructor: "x" }, ""],
  ])("%j passes: %s", (filter, expected) => {
    expect(passing(filter)).toBe(expected);
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
    ["a name that every object has", { tenant: { constructor: "a" } }],
    ["a missing operand", { tenant: { $eq: undefined } }],
    ["an order of texts, which Chroma refuses too", { tenant: { $gt: "a" } }],
    ["NaN", { year: NaN }],
    ["a list for a field", { tenant: ["a"] }],
  ])("refuses %s instead of letting everything through", (_name, filter) => {
    expect(() => Reflect.apply(metadataPredicate, undefined, [filter])).toThrow(
      expect.objectContaining({ code: "invalid-input" }),
    );
  });

  test("parts all documents in two by a comparison and its opposite", () => {
    const scalar = fc.oneof(fc.constantFrom("a", "b"), fc.boolean(), fc.constantFrom(1, 2, 2.5));
    const metadata = fc.record({ x: scalar }, { requiredKeys: [] });
    fc.assert(
      fc.property(scalar, fc.array(scalar, { minLength: 1 }), metadata, (operand, list, found) => {
        const passes = (x: MetadataFilter): boolean => metadataPredicate(x)(found);
        expect(passes({ x: { $ne: operand } })).toBe(!passes({ x: operand }));
        expect(passes({ x: { $nin: list } })).toBe(!passes({ x: { $in: list } }));
      }),
    );
  });
});
