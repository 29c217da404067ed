import { Buffer } from "node:buffer";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { compareIds, rankEntries } from "../../../src/evaluation/data/ranking.ts";
import { deepFreeze } from "../../deep-freeze.ts";

// Units around the surrogates, where the orders of UTF-16 and UTF-8 part.
const id = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.string({ unit: fc.constantFrom("a", "\ud7ff", "\ue000", "\uffff", "\u{10000}", "\u{1f600}") }),
);
const bytewise = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

test("compares ids as their UTF-8 bytes compare", () => {
  fc.assert(
    fc.property(id, id, (a, b) => {
      expect(Math.sign(compareIds(a, b))).toBe(bytewise(a, b));
    }),
    { numRuns: 2000 },
  );
});

test("ranks by score, then by the last id, as a naive twin does, and changes nothing", () => {
  const score = fc.constantFrom(-1, 0, 0.5, 1e-300);
  const entries = fc.uniqueArray(fc.record({ id, score }), { selector: (entry) => entry.id });
  fc.assert(
    fc.property(entries, (given) => {
      const twin = given
        .toSorted((a, b) => bytewise(b.id, a.id))
        .toSorted((a, b) => b.score - a.score);
      expect(rankEntries("q", deepFreeze(given))).toEqual(twin);
    }),
  );
});
