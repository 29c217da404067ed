import { expect, test } from "vitest";
import { rankTexts, type ListReranker } from "../../src/ranking/list-reranker.ts";

/** A reranker that gives what it is told to, as one in plain JavaScript may. */
const giving = (result: unknown): ListReranker => ({
  name: "own",
  rank: async () => Object(result),
});

test("completes a ranking", async () => {
  const ranking = await rankTexts(giving({ order: [1, 0] }), "q", ["a", "b"], {});
  expect(ranking).toEqual({ order: [1, 0], unranked: new Map() });
});

test.each([
  ["no order", {}, /Expected `{ order }` with each index from 0 to 1 once from own, got an object/],
  ["too few", { order: [0] }, /got \[0\]/],
  ["an index twice", { order: [0, 0] }, /got \[0,0\]/],
  ["another index", { order: [1, 2] }, /got \[1,2\]/],
  ["strings", { order: ["0", "1"] }, /got \["0","1"\]/],
  ["reasons in an object", { order: [0, 1], unranked: { 1: "error" } }, /to be a Map/],
  ["another reason", { order: [0, 1], unranked: new Map([[1, "unlikely"]]) }, /another reason/],
  ["a failure in words", { order: [0, 1], failure: "bad" }, /`failure` of own to be an Error/],
  ["usage without counts", { order: [0, 1], usage: { calls: 1 } }, /`usage.inputTokens` of own/],
])("refuses %s", async (_what, result, message) => {
  await expect(rankTexts(giving(result), "q", ["a", "b"], {})).rejects.toMatchObject({
    code: "model-mismatch",
    message: expect.stringMatching(message),
  });
});

test("refuses an instruction that the reranker does not read", async () => {
  const ranker = giving({ order: [0] });
  const options = { instruction: "Only laws." };
  await expect(rankTexts(ranker, "q", ["a"], options)).rejects.toMatchObject({
    code: "invalid-option",
    message: expect.stringMatching(/Expected no `instruction`, because own does not read one/),
  });
  const reader: ListReranker = { ...ranker, readsInstruction: true };
  await expect(rankTexts(reader, "q", ["a"], options)).resolves.toMatchObject({ order: [0] });
});
