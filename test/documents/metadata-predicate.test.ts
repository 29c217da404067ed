import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { MetadataFilter } from "../../src/documents/metadata-filter.ts";
import { metadataPredicate } from "../../src/documents/metadata-predicate.ts";
import { parseFilter } from "../../src/documents/parse-filter.ts";
import { deepFreeze } from "../deep-freeze.ts";
import { anyFilter, anyMetadata } from "./generated-filters.ts";
import { naivelySelects } from "./naive-filter.ts";

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

function passes(filter: MetadataFilter, metadata: Readonly<Record<string, unknown>>): boolean {
  const tree = parseFilter(deepFreeze(filter));
  return tree === undefined || metadataPredicate(tree)(metadata);
}

const passing = (filter: MetadataFilter): string =>
  Object.entries(documents)
    .filter(([, metadata]) => passes(filter, metadata))
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
    [{ toString: { $ne: "x" } }, Object.keys(documents).join(" ")],
    [{ constructor: "x" }, ""],
  ])("%j passes: %s", (filter, expected) => {
    expect(passing(filter)).toBe(expected);
  });

  test("passes what the filter selects by a naive reading", () => {
    fc.assert(
      fc.property(anyFilter, anyMetadata, (filter, metadata) => {
        expect(passes(filter, metadata)).toBe(naivelySelects(filter, metadata));
      }),
    );
  });

  test("reads the fields that Chroma would store for LangChain's `loc`", () => {
    const metadata = deepFreeze({ loc: { lines: { from: 3, to: 9 }, pageNumber: 2 } });
    expect(passes({ locFrom: { $gte: 3 }, locTo: 9, locPageNumber: 2 }, metadata)).toBe(true);
    expect(passes({ locFrom: 4 }, metadata)).toBe(false);
    expect(passes({ loc: { $ne: 1 } }, metadata)).toBe(true);
  });

  test("takes a lone surrogate for U+FFFD, as Chroma stores it, in names and values", () => {
    const metadata = deepFreeze({ source: "caf\uD800", "k\uDC00": 1 });
    expect(passes({ source: "caf\uFFFD" }, metadata)).toBe(true);
    expect(passes({ source: { $nin: ["caf\uFFFD"] } }, metadata)).toBe(false);
    expect(passes({ "k\uFFFD": 1 }, metadata)).toBe(true);
    expect(passes({ "other\uFFFD": { $ne: 1 } }, metadata)).toBe(true);
  });

  test("parts all documents in two by a comparison and its opposite", () => {
    const scalar = fc.oneof(fc.constantFrom("a", "b"), fc.boolean(), fc.constantFrom(1, 2, 2.5));
    const metadata = fc.record({ x: scalar }, { requiredKeys: [] });
    fc.assert(
      fc.property(scalar, fc.array(scalar, { minLength: 1 }), metadata, (operand, list, found) => {
        const lets = (x: MetadataFilter): boolean => passes(x, found);
        expect(lets({ x: { $ne: operand } })).toBe(!lets({ x: operand }));
        expect(lets({ x: { $nin: list } })).toBe(!lets({ x: { $in: list } }));
      }),
    );
  });
});
