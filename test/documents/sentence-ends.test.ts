import * as fc from "fast-check";
import { expect, test } from "vitest";
import { sentenceEnds } from "../../src/documents/sentence-ends.ts";
import { hostileKinds, hostileText } from "../faults/repetitions.ts";

const segmenter = new Intl.Segmenter("en", { granularity: "sentence" });

/** What the segmenter says of the whole text at once. */
function endsInOneGo(text: string): number[] {
  return Array.from(segmenter.segment(text), ({ index, segment }) => index + segment.length);
}

test("any text: the same ends as from a segmenter that reads all of it", () => {
  const piece = fc.constantFrom(
    "A. ",
    "a. ",
    "b",
    ". ",
    ") ",
    '" ',
    "!",
    "? ",
    "1 ",
    "1. ",
    "…",
    "。",
    "、",
    ", ",
    "\u0301",
    "\u2028",
    "\u2029",
    "\u0085",
    "\u00a0",
    "\u200b",
    "😀",
    "𠀀",
    "\ud83d",
    "ภ",
    "中",
    "ﾞ",
    "। ",
    "1 ".repeat(60),
    "word ".repeat(60),
  );
  const few = fc.array(piece, { minLength: 1, maxLength: 4 });
  const repeated = fc
    .tuple(few, fc.integer({ min: 1, max: 150 }))
    .map(([pieces, times]) => pieces.join("").repeat(times));
  const mixed = fc.array(piece, { maxLength: 200 }).map((pieces) => pieces.join(""));
  fc.assert(
    fc.property(fc.oneof(mixed, repeated), (text) => {
      expect([...sentenceEnds(text)]).toEqual(endsInOneGo(text));
    }),
    { numRuns: 300 },
  );
});

test.each(hostileKinds)("$name: the same ends as from a segmenter that reads all of it", (kind) => {
  const text = hostileText(kind, 3000);
  expect([...sentenceEnds(text)]).toEqual(endsInOneGo(text));
});
