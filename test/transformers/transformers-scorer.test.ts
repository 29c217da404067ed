import { Document } from "@langchain/core/documents";
import { afterAll, describe, expect, test } from "vitest";
import { CrossEncoderReranker } from "../../src/index.ts";
import { pairScorerContract } from "../../src/testing/index.ts";
import { fromTransformers } from "../../src/transformers/index.ts";
import { riverTexts as texts } from "../cross-encoder/river-texts.ts";
import {
  crossEncoderGolden,
  expand,
  tinyRerankers,
  tokenizerDifferences,
  type GoldenReranker,
} from "../fixtures/golden.ts";
import { loadTiny } from "./load-tiny.ts";

type Pair = GoldenReranker["pairs"][number];

describe.each(tinyRerankers)("%s scores as sentence-transformers does", async (name) => {
  const [tokenizer, model] = await loadTiny(name);
  afterAll(() => model.dispose());
  const { pairs, only_second: onlySecond = [] } = crossEncoderGolden[name];
  const differing = tokenizerDifferences[name] ?? [];
  const cases = [
    ...pairs.map((pair) => ({ pair, truncation: "longest-first" as const, title: pair.name })),
    ...onlySecond.map((pair) => ({
      pair,
      truncation: "only-second" as const,
      title: `${pair.name}, only the text cut`,
    })),
  ];

  test.each(cases)("$title", async ({ pair, truncation }) => {
    const scorer = fromTransformers(tokenizer, model).scorer({ truncation });
    const { scores, truncatedTokens } = await scorer.score(expand(pair.query), [expand(pair.text)]);
    const [score = Number.NaN] = scores;
    const isEqual =
      Math.abs(score - expectedScore(pair)) < 1e-4 &&
      truncatedTokens?.[0] === pair.truncated_tokens;
    expect(isEqual, `${score} for ${expectedScore(pair)}`).toBe(!differing.includes(pair.name));
  });
});

function expectedScore({ logits: [first = Number.NaN, second] }: Pair): number {
  return second === undefined ? first : second - first;
}

describe("a scorer from transformers.js", async () => {
  const [tokenizer, model] = await loadTiny("tiny-bert-reranker");
  afterAll(() => model.dispose());
  const loaded = fromTransformers(tokenizer, model);
  const scorer = loaded.scorer();

  test.each(pairScorerContract)("$name", async ({ check }) => {
    await expect(check(scorer)).resolves.toBeUndefined();
  });

  test("ranks documents for a reranker, which traces its name", async () => {
    const reranker = new CrossEncoderReranker({ scorer: loaded.scorer({ name: "tiny" }), topN: 2 });
    const documents = texts.slice(0, 5).map((pageContent) => new Document({ pageContent }));
    const { scores } = await scorer.score("old river", texts.slice(0, 5));
    const best = Math.max(...Array.from(scores));
    const kept = await reranker.rerank("old river", documents);
    expect(kept).toHaveLength(2);
    expect(kept[0]?.pageContent).toBe(texts[Array.from(scores).indexOf(best)]);
    expect(kept[0]?.metadata).toMatchObject({ retrieval: { rerank: { model: "tiny" } } });
    expect(scorer.name).toBe("transformers.js");
  });

  test("cuts at maxTokens, keeps the separators, and counts what it dropped", async () => {
    const cut = await loaded.scorer({ maxTokens: 16 }).score("river", ["deep ".repeat(200)]);
    const whole = await scorer.score("river", ["deep ".repeat(12)]);
    expect(cut.truncatedTokens?.[0]).toBe(188);
    expect(cut.scores[0]).toBeCloseTo(whole.scores[0] ?? Number.NaN, 4);
  });

  test("starts no pair after the deadline, and says so", async () => {
    const deadlineMs = 1000;
    const startedAt = performance.now();
    const { scores, unscored } = await scorer.score("old river", texts.slice(0, 5), {
      deadlineMs,
      onScored: () => {
        while (performance.now() - startedAt <= deadlineMs);
      },
    });
    expect(Array.from(scores, Number.isFinite)).toEqual([true, false, false, false, false]);
    expect([...(unscored ?? [])]).toEqual([1, 2, 3, 4].map((index) => [index, "deadline"]));
  });

  test("rejects with the reason of a signal while it works, and scores no further pair", async () => {
    const reason = new Error("no longer needed");
    const controller = new AbortController();
    const scored: number[] = [];
    const scoring = scorer.score("old river", texts, {
      signal: controller.signal,
      onScored: (index) => {
        scored.push(index);
        if (index === 2) controller.abort(reason);
      },
    });
    await expect(scoring).rejects.toBe(reason);
    expect(scored).toEqual([0, 1, 2]);
  });

  test("lets timers run between two pairs", async () => {
    let turns = 0;
    const timer = setInterval(() => (turns += 1));
    await scorer.score("old river", Array(50).fill("a river ".repeat(60)));
    clearInterval(timer);
    expect(turns).toBeGreaterThan(10);
  });

  test("passes on what a callback throws", async () => {
    const reason = new Error("not mine");
    const scoring = scorer.score("old river", texts, {
      onScored: () => {
        throw reason;
      },
    });
    await expect(scoring).rejects.toBe(reason);
  });

  test("refuses more tokens than the model has positions", () => {
    expect(() => loaded.scorer({ maxTokens: 513 })).toThrow(
      "Expected `maxTokens` to be at most 512, the number of positions of this model, got 513.",
    );
  });
});

test("RoBERTa's position table holds its padding, too", async () => {
  const [tokenizer, model] = await loadTiny("tiny-xlm-roberta-reranker");
  expect(() => fromTransformers(tokenizer, model).scorer({ maxTokens: 513 })).toThrow("most 512");
  await model.dispose();
});
