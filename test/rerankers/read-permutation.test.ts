import * as fc from "fast-check";
import { expect, test } from "vitest";
import { readPermutation } from "../../src/rerankers/read-permutation.ts";

const indices = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

/** Replies for three passages, and the order in them, counted from 1. */
const replies: Readonly<Record<string, readonly number[]>> = {
  "[3] > [1] > [2]": [3, 1, 2],
  "[3]>[1]>[2]": [3, 1, 2],
  "3 > 1 > 2": [3, 1, 2],
  "3,1,2": [3, 1, 2],
  "3 1 2": [3, 1, 2],
  "3\n1\n2\n": [3, 1, 2],
  "[3, 1, 2]": [3, 1, 2],
  '["3", "1", "2"]': [3, 1, 2],
  '```json\n{"ranking": [3, 1, 2]}\n```': [3, 1, 2],
  '[{"id": 3, "why": "7 reasons"}, {"id": 1}, {"id": 2}]': [3, 1, 2],
  "[3], [1], [2]": [3, 1, 2],
  "1. [3]\n2. [1]\n3. [2]": [3, 1, 2],
  "1. Passage 3\n2. Passage 1\n3. Passage 2": [3, 1, 2],
  "Passage 3 > Passage 1 > Passage 2": [3, 1, 2],
  "**[3]** > **[1]** > **[2]**": [3, 1, 2],
  "Here are the 3 passages: [3] > [1] > [2]. Passage [2] is about 19 other things.": [3, 1, 2],
  "[1] has nothing, [2] has 2 words. So: [3] > [1] > [2]": [3, 1, 2],
  "First I thought [1] > [2] > [3], but [3] > [1] > [2]": [3, 1, 2],
  "[3] > [3] > [1] > [3]": [3, 1, 2],
  "[9] > [3] > [0] > [1]": [3, 1, 2],
  "[3] > [1] > [": [3, 1, 2],
  "[3]": [3, 1, 2],
  "The best is passage 3.": [3, 1, 2],
};

test.each(Object.entries(replies))("reads %j", (reply, order) => {
  expect(readPermutation(reply, 3)).toEqual(order.map((number) => number - 1));
});

test.each([
  "",
  "I cannot rank these passages.",
  "I am sorry, but I cannot rank these 3 passages.",
  "[] > []",
  "[7] > [8]",
  "-",
])("reads no order in %j", (reply) => {
  expect(readPermutation(reply, 3)).toBeUndefined();
});

/** What models write around and between numbers. */
const pieces = fc.oneof(
  fc.integer({ min: -3, max: 40 }).map(String),
  fc.integer({ min: 0, max: 25 }).map((number) => `[${number}]`),
  fc.constantFrom(" > ", ">", ", ", "\n", "[", "]", '"', "{", "}", "Passage ", '"id":', "```", " "),
  fc.constantFrom("1e3", "0x2", "1.5", "٣", "９", "[1-3]", "99999999999999999999", "<think>"),
  fc.string({ maxLength: 8 }),
);

test("gives a permutation, or nothing, for every reply", () => {
  fc.assert(
    fc.property(
      fc.array(pieces, { maxLength: 60 }),
      fc.integer({ min: 1, max: 30 }),
      (parts, count) => {
        const order = readPermutation(parts.join(""), count);
        if (order === undefined) return;
        expect(order.toSorted((a, b) => a - b)).toEqual(indices(count));
      },
    ),
    { numRuns: 1000 },
  );
});

test("keeps the order of a reply that is well formed, whatever is missing", () => {
  fc.assert(
    fc.property(fc.shuffledSubarray(indices(20), { minLength: 1 }), (named) => {
      const reply = named.map((index) => `[${index + 1}]`).join(" > ");
      const missing = indices(20).filter((index) => !named.includes(index));
      expect(readPermutation(reply, 20)).toEqual([...named, ...missing]);
    }),
  );
});

test("reads a long reply in time that grows with its length", () => {
  const reply = `${"[1] > ".repeat(20_000)}${"passage ".repeat(20_000)}${"1 ".repeat(20_000)}`;
  expect(readPermutation(reply, 2)).toEqual([0, 1]);
});
