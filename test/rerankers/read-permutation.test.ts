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
  "Passage 3": [3, 1, 2],
  "(3) > (1) > (2)": [3, 1, 2],
  "(3), (1), (2)": [3, 1, 2],
  "(3)\n(1)\n(2)": [3, 1, 2],
  "3) 1) 2)": [3, 1, 2],
  "[3], then [1], then [2]": [3, 1, 2],
  "3, 1 and 2": [3, 1, 2],
  "[3] >= [1] > [2]": [3, 1, 2],
  "[3] = [1] > [2]": [3, 1, 2],
  "[3] ≥ [1] >> [2]": [3, 1, 2],
  "1. 3\n2. 1\n3. 2": [3, 1, 2],
  "1) 3\n2) 1\n3) 2": [3, 1, 2],
  "1: 3\n2: 1\n3: 2": [3, 1, 2],
  "1 = 3\n2 = 1\n3 = 2": [3, 1, 2],
  "1 → 3\n2 → 1\n3 → 2": [3, 1, 2],
  "1st: 3\n2nd: 1\n3rd: 2": [3, 1, 2],
  "1st place: passage 3\n2nd place: passage 1\n3rd place: passage 2": [3, 1, 2],
  "1.) 3\n2.) 1\n3.) 2": [3, 1, 2],
  '[{"passage_number": 3}, {"passage_number": 1}]': [3, 1, 2],
  "Rank 1: 3\nRank 2: 1\nRank 3: 2": [3, 1, 2],
  "1. **3**\n2. **1**\n3. **2**": [3, 1, 2],
  "**1.** 3\n**2.** 1\n**3.** 2": [3, 1, 2],
  "1. 3, 2. 1, 3. 2": [3, 1, 2],
  "1) 3 2) 1 3) 2": [3, 1, 2],
  '{"1":3,"2":1,"3":2}': [3, 1, 2],
  '{\n  "1": "3",\n  "2": "1",\n  "3": "2"\n}': [3, 1, 2],
  "The ranking:\n\n1. 3 - it answers the query\n2. 1\n3. 2": [3, 1, 2],
  "1. [3] > 2. [1] > 3. [2]": [3, 1, 2],
  "1. [3] is better than [2]\n2. [1]\n3. [2]": [3, 1, 2],
  "1. [3]: as to facts, [3] > [2]\n2. [1]\n3. [2]": [3, 1, 2],
  "1. [3], as [3] > [2]\n2. [1], as [1] > [2]\n3. [2]": [3, 1, 2],
  "1. Reasons: [1] is off topic\n2. Ranking: [3] > [1] > [2]": [3, 1, 2],
  "1. [1] is off topic\n2. [2] is, too\n3. [3] helps\n\n[3] > [1] > [2]": [3, 1, 2],
  "Passage 3: it answers the query\nPassage 1: a part\nPassage 2: nothing": [3, 1, 2],
  '[{"passage": 3, "rank": 1}, {"passage": 1, "rank": 2}]': [3, 1, 2],
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
  "The best is passage 3.",
  "I cannot rank passage 2.",
  "Passage 1 does not help. Passage 2 neither. Best: 3.",
  "Passage 2 does not help.\nPassage 3 neither.\nBest: 1.",
  "Passages 3, 2 do not help.",
  "Passages [3, 2] do not help.",
  "Not relevant: 3, 2\nRelevant: 1",
  "[1]: off topic\n[2]: a part\n[3]: the answer",
  "1. off topic\n2. a part\n3. the answer",
  // A rank or a grade of each passage
  "[1]: 3\n[2]: 1\n[3]: 2",
  "Passage 2: 3\nPassage 1: 1\nPassage 3: 2",
  "1: 2\n2: 9\n3: 5",
  "1 3\n2 1\n3 2",
  '[{"passage": 1, "rank": 3}, {"passage": 2, "rank": 1}]',
  '[{"passage": 1, "score": 2}, {"passage": 3, "score": 9}]',
  // Pairs
  "[3] > [1]\n[1] > [2]",
  // Worst first
  "[2] < [1] < [3]",
  "[3] > [1] < [2]",
])("reads no order in %j", (reply) => {
  expect(readPermutation(reply, 3)).toBeUndefined();
});

test.each([
  ["[3] > [1", [3]],
  ["[3] > [12] > [1", [3, 12]],
  ["[3, 12, 1", [3, 12]],
  ["3, 12, 1", [3, 12]],
  ["1. 3\n2. 12\n3. 1", [3, 12]],
  ["1. 3\n2. 12\n3.", [3, 12]],
])("drops the number in which %j was cut off", (reply, named) => {
  const order = readPermutation(reply, 17, { isCutOff: true });
  expect(order?.slice(0, named.length + 1)).toEqual([...named, 1].map((number) => number - 1));
});

test("keeps a number after which the reply was cut off", () => {
  expect(readPermutation("[3] > [1]", 17, { isCutOff: true })?.slice(0, 3)).toEqual([2, 0, 1]);
  expect(readPermutation("[3] > [12] > ", 17, { isCutOff: true })?.slice(0, 3)).toEqual([2, 11, 0]);
});

/** What models write around and between numbers. */
const pieces = fc.oneof(
  fc.integer({ min: -3, max: 40 }).map(String),
  fc.integer({ min: 0, max: 25 }).map((number) => `[${number}]`),
  fc.constantFrom(" > ", ">", ", ", "\n", "[", "]", '"', "{", "}", "Passage ", '"id":', "```", " "),
  fc.constantFrom(
    " >= ",
    " = ",
    " < ",
    "\n1. ",
    "\n2. ",
    "\n3) ",
    "\n4: ",
    '{"1":',
    ',"2":',
    "1st: ",
    "→",
  ),
  fc.constantFrom("Passage 1: ", "Best: ", "Ranking: ", "does not help. ", '"rank": ', "**"),
  fc.constantFrom("1e3", "0x2", "1.5", "٣", "９", "[1-3]", "99999999999999999999", "<think>"),
  fc.string({ maxLength: 8 }),
);

test("gives a permutation, or nothing, for every reply", () => {
  fc.assert(
    fc.property(
      fc.array(pieces, { maxLength: 60 }),
      fc.integer({ min: 1, max: 30 }),
      fc.boolean(),
      (parts, count, isCutOff) => {
        const order = readPermutation(parts.join(""), count, { isCutOff });
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

test("keeps the order of a complete list, whatever numbers its items have", () => {
  const forms: readonly ((passage: number, rank: number) => string)[] = [
    (passage, rank) => `${rank}. ${passage}`,
    (passage, rank) => `${rank}) ${passage}`,
    (passage, rank) => `${rank}: **${passage}**`,
    (passage, rank) => `${rank}. Passage ${passage} has 7 facts`,
    (passage, rank) => `"${rank}": ${passage},`,
    (passage) => `${passage}`,
    (passage) => `[${passage}]`,
  ];
  const orders = fc.shuffledSubarray(indices(20), { minLength: 20 });
  fc.assert(
    fc.property(orders, fc.constantFrom(...forms), (order, form) => {
      const reply = order.map((index, position) => form(index + 1, position + 1)).join("\n");
      expect(readPermutation(reply, 20)).toEqual(order);
    }),
  );
});

test("reads a long reply in time that grows with its length", () => {
  const reply = `${"[1] > ".repeat(20_000)}${"passage ".repeat(20_000)}${"1 ".repeat(20_000)}`;
  expect(readPermutation(reply, 2)).toEqual([0, 1]);
  const items = Array.from({ length: 5_000 }, (_, index) => `${index + 1}. ${index + 1}\n`).join(
    "",
  );
  expect(readPermutation(items, 5_000)).toEqual(indices(5_000));
});
