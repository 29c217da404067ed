import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ThoughtFilter, withoutThoughts } from "../../src/chat-models/thoughts.ts";

function filtered(pieces: readonly string[], isCutOff = false): string {
  const filter = new ThoughtFilter();
  return pieces.map((piece) => filter.push(piece)).join("") + filter.end({ isCutOff });
}

describe("ThoughtFilter", () => {
  test.each([
    ["<think>a</think>\n\nb", "b"],
    ["\n<THINK>a</Think>b", "b"],
    ["[THINK]a[/THINK]b", "b"],
    ["<think>a</think><think>c</think> b", "b"],
    ["<think>a</thinking></think>b", "b"],
    ["<think>a", "a"],
    ["<think>", ""],
    ["<thin", "<thin"],
    ["<thinker>a</thinker>", "<thinker>a</thinker>"],
    ["b <think>a</think>", "b <think>a</think>"],
    ["  b\n", "  b\n"],
    ["    code", "    code"],
    ["\n \n", ""],
    ["", ""],
  ])("of %j leaves %j, in one piece and in many", (reply, text) => {
    expect(filtered([reply])).toBe(text);
    expect(filtered(reply.split(""))).toBe(text);
  });

  test("of a reply that was cut off in a thought leaves nothing", () => {
    expect(filtered(["<think>", "a"], true)).toBe("");
    expect(filtered(["<think>a</think>b"], true)).toBe("b");
  });

  test("passes text on as soon as it is known to be text", () => {
    const filter = new ThoughtFilter();
    const pieces = ["<thi", "nk>a</thi", "nk>\n", " b", " <think>", "c"];
    expect(pieces.map((piece) => filter.push(piece))).toEqual(["", "", "", "b", " <think>", "c"]);
  });

  test("leaves the same whatever pieces the reply comes in", () => {
    const parts = ["<think>", "</think>", "[THINK]", "<", "th", "/", ">", " ", "\n", "a", "😀"];
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(...parts), { maxLength: 12 }),
        fc.boolean(),
        (pieces, isCutOff) => {
          expect(filtered(pieces, isCutOff)).toBe(filtered([pieces.join("")], isCutOff));
        },
      ),
      { numRuns: 3000, seed: 1 },
    );
  });
});

test.each([
  ["a\n</think>\n\nb", "b"],
  ["a\n</think>\nc\n</think>\nb", "b"],
  ["<think>a</think>b\n</think>\nc", "b\n</think>\nc"],
  ["b, and `</think>` closes it", "b, and `</think>` closes it"],
])("withoutThoughts of %j leaves %j", (reply, text) => {
  expect(withoutThoughts(reply)).toBe(text);
});
