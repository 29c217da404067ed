import { join } from "node:path";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  encodeOrCut,
  type TextCut,
  type TextWindow,
} from "../../../src/model/tokens/text-windows.ts";
import type { Encode } from "../../../src/model/tokens/encode.ts";
import { loadTokenizer } from "../../../src/model/tokens/tokenizer.ts";
import { tinyModel } from "../../fixtures/golden.ts";

const cuts = fc
  .record({
    room: fc.integer({ min: 1, max: 40 }),
    stride: fc.integer({ min: 0, max: 20 }),
    maxWindows: fc.integer({ min: 1, max: 6 }),
  })
  .filter(({ room, stride }) => 2 * stride <= room);
const words = fc.array(fc.constantFrom("river", "old", "bridge", "unseen", "Loire", "deep,"), {
  minLength: 1,
  maxLength: 80,
});
const anyText = fc
  .array(
    fc.oneof(
      words.map((some) => some.join(" ")),
      fc.string({ unit: "grapheme", maxLength: 90 }),
      fc.constantFrom(
        " ",
        "\n\n",
        "\u3000",
        "深い川の古い橋".repeat(9),
        "x".repeat(99),
        "👩‍🚀".repeat(9),
      ),
    ),
    { maxLength: 8 },
  )
  .map((parts) => parts.join(""));

describe.each(["tiny-bert-reranker", "tiny-xlm-roberta-reranker"])(
  "windows of %s",
  async (name) => {
    const encode = await loadTokenizer(join(tinyModel(name), "tokenizer.json"));

    test("cover the text in order, fit, and have the ids of their own characters", () => {
      fc.assert(
        fc.property(anyText, cuts, (text, cut) => {
          fc.pre(text.trim() !== "");
          const { ids, windows } = cutting(text, cut, encode);
          let [position, covered, start] = [0, 0, -1];
          for (const window of windows) {
            const own = ids.slice(position, (position += window.tokens));
            expect(own).toEqual(encode(text.slice(window.start, window.end)));
            const isOneCharacter = /^.$/su.test(text.slice(window.start, window.end));
            expect(own.length <= cut.room || isOneCharacter).toBe(true);
            expect(text.slice(covered, window.start).trim()).toBe("");
            expect(window.start).toBeGreaterThan(start);
            expect(window.end).toBeGreaterThan(covered);
            [covered, start] = [window.end, window.start];
          }
          expect(position).toBe(ids.length);
          expect(windows.length).toBeLessThanOrEqual(cut.maxWindows);
          const rest = text.slice(covered).trim();
          expect(rest === "" || windows.length === cut.maxWindows).toBe(true);
        }),
        { numRuns: 100 },
      );
    });

    test("share the fewest words that have `stride` tokens, and take as many as fit", () => {
      fc.assert(
        fc.property(words, cuts, (some, given) => {
          const cut = { ...given, room: given.room + 24, maxWindows: 100 }; // No word is cut.
          const text = some.join(" ");
          const { windows } = cutting(text, cut, encode);
          const count = (from: number, to: number): number => encode(text.slice(from, to)).length;
          for (const [index, { start, end }] of windows.entries()) {
            const next = windows[index + 1];
            if (!next) continue;
            const wordEnd = `${text} `.indexOf(" ", end + 1);
            expect(count(start, wordEnd)).toBeGreaterThan(cut.room);
            expect(count(next.start, end)).toBeGreaterThanOrEqual(cut.stride);
            const second = text.indexOf(" ", next.start) + 1;
            const fewer = next.start < end ? count(second, end) : -1;
            expect(fewer).toBeLessThan(cut.stride);
          }
        }),
        { numRuns: 100 },
      );
    });

    test("read a long run of white space a few times, not once for each word before it", () => {
      let characters = 0;
      const counted: Encode = (text) => {
        characters += text.length;
        return encode(text.replaceAll(/ /g, " .")); // As a tokenizer that makes tokens of space.
      };
      const run = 2000;
      const text = "old river ".repeat(20) + " ".repeat(run) + "deep bridge ".repeat(40);
      const { windows } = cutting(text, { room: 60, stride: 30, maxWindows: 8 }, counted);
      expect(windows.length).toBeGreaterThan(2);
      expect(characters).toBeLessThan(12 * run);
    });

    test("end after `maxWindows`; the tokens after them are lost", () => {
      const text = "old river ".repeat(40);
      const { cut } = encodeOrCut(text, { room: 20, stride: 4, maxWindows: 2 }, encode);
      const end = cut?.windows.at(-1)?.end ?? 0;
      expect(cut?.windows).toHaveLength(2);
      expect(cut?.lostTokens).toBe(encode(text.slice(end)).length);
      expect(cut?.lostTokens).toBeGreaterThan(20);
    });
  },
);

/** A text that fits is its only window. */
function cutting(
  text: string,
  how: TextCut,
  encode: Encode,
): { readonly ids: readonly number[]; readonly windows: readonly TextWindow[] } {
  const { ids, cut } = encodeOrCut(text, how, encode);
  const whole = { start: 0, end: text.length, tokens: ids.length };
  return { ids, windows: cut?.windows ?? [whole] };
}
