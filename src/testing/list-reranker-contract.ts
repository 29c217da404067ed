import assert from "node:assert/strict";
import type { ListReranker, ListRanking, RankOptions } from "../ranking/list-reranker.ts";
import type { ContractCase } from "./contract.ts";

const query = "Which river is the longest?";
const texts: readonly string[] = Object.freeze([
  "A bridge of old stone.",
  "",
  "The Loire is the longest river of France.",
  "The Loire is the longest river of France.",
]);

/**
 * The contract of `ListReranker`, as cases for any test runner:
 * `test.each(listRerankerContract)("$name", ({ check }) => check(ranker))`.
 */
export const listRerankerContract: readonly ContractCase<ListReranker>[] = [
  {
    name: "returns the index of each text once, even for an empty or a repeated text",
    async check(ranker) {
      await rankingOf(ranker, texts);
    },
  },
  {
    name: "ranks an empty list and a single text",
    async check(ranker) {
      await rankingOf(ranker, []);
      await rankingOf(ranker, texts.slice(0, 1));
    },
  },
  {
    name: "puts the texts that it did not rank after the others, in their order",
    async check(ranker) {
      const { order, unranked = new Map() } = await rankingOf(ranker, texts);
      const last = order.slice(order.length - unranked.size);
      const expected = [...unranked.keys()].toSorted((a, b) => a - b);
      assert.deepEqual(last, expected);
    },
  },
  {
    name: "returns the texts in their order, each with a reason, if a deadline leaves no time",
    async check(ranker) {
      const { order, unranked = new Map() } = await rankingOf(ranker, texts, { deadlineMs: 0 });
      if (unranked.size === 0) return;
      const indices = [...texts.keys()];
      assert.deepEqual(order, indices);
      assert.deepEqual(
        indices.map((index): unknown => unranked.get(index)),
        indices.map(() => "deadline"),
      );
    },
  },
  {
    name: "counts requests and tokens in whole numbers",
    async check(ranker) {
      const { usage } = await rankingOf(ranker, texts);
      if (usage === undefined) return;
      for (const count of [usage.calls, usage.inputTokens, usage.outputTokens]) {
        assert.ok(Number.isInteger(count) && count >= 0, `expected a count, got ${count}`);
      }
    },
  },
  {
    name: "reads an instruction if it says so",
    async check(ranker) {
      if (ranker.readsInstruction !== true) return;
      await rankingOf(ranker, texts, { instruction: "Rivers of Europe only." });
    },
  },
  {
    name: "rejects with the signal's reason when it is aborted, and still works afterwards",
    async check(ranker) {
      const reason = new Error("no longer needed");
      const signal = AbortSignal.abort(reason);
      await assert.rejects(ranker.rank(query, texts, { signal }), (error) => error === reason);
      await rankingOf(ranker, texts);
    },
  },
];

async function rankingOf(
  ranker: ListReranker,
  some: readonly string[],
  options?: RankOptions,
): Promise<ListRanking> {
  const ranking = await ranker.rank(query, some, options);
  assert.deepEqual(
    ranking.order.toSorted((a, b) => a - b),
    [...some.keys()],
  );
  return ranking;
}
