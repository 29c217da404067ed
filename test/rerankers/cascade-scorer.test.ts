import { Document } from "@langchain/core/documents";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { pause } from "../../src/abort.ts";
import {
  CrossEncoderReranker,
  type RerankReport,
} from "../../src/cross-encoder/cross-encoder-reranker.ts";
import { OnnxCrossEncoder } from "../../src/cross-encoder/onnx-cross-encoder.ts";
import { SentenceCompressor } from "../../src/cross-encoder/sentence-compressor.ts";
import { provenanceOf } from "../../src/documents/provenance.ts";
import { experiment } from "../../src/evaluation/experiment/experiment.ts";
import { collectPools, judgementsFrom, nDCG } from "../../src/evaluation/index.ts";
import type { PairScorer, PairScores, ScoreOptions } from "../../src/ranking/pair-scorer.ts";
import { CascadeScorer, RemotePairScorer } from "../../src/rerankers/index.ts";
import { CorpusSource } from "../../src/retrieval/corpus-source.ts";
import { renderTrace } from "../../src/retrieval/render-trace.ts";
import { TwoStageRetriever } from "../../src/retrieval/two-stage-retriever.ts";
import { deepFreeze } from "../deep-freeze.ts";
import { tinyModel } from "../fixtures/golden.ts";

/** What a scorer was asked. */
interface Asked {
  readonly texts: readonly string[];
  readonly deadlineMs: number | undefined;
}

/** Scores a text by one of the numbers in it, as `1 0.5 7`; `-` is a text without a score. */
function columnScorer(column: number, more: Partial<PairScorer> = {}) {
  const asked: Asked[] = [];
  const scorer: PairScorer = {
    name: `column ${column}`,
    scale: "logit",
    score: async (_query, texts, { signal, deadlineMs, onScored } = {}) => {
      signal?.throwIfAborted();
      asked.push({ texts, deadlineMs });
      const scores = texts.map((text) => Number(text.split(" ")[column]));
      for (const [index, score] of scores.entries()) {
        if (Number.isFinite(score)) onScored?.(index, score);
      }
      return { scores, truncatedTokens: texts.map(() => column) };
    },
    ...more,
  };
  return { scorer, asked };
}

const cascadeOf = (candidateCount: number, [first, last] = [columnScorer(0), columnScorer(1)]) =>
  new CascadeScorer({
    stages: [{ scorer: first.scorer }, { scorer: last.scorer, candidateCount }],
  });
const texts = deepFreeze(["1 9", "4 1", "2 8", "3 2", "0 7"]);
const documents = deepFreeze(texts.map((pageContent) => new Document({ pageContent })));
const rerank = (scorer: PairScorer, given: readonly Document[] = documents) =>
  new CrossEncoderReranker({ scorer, topN: given.length || 1 }).rerank("q", given);
const textsOf = (found: readonly Document[]) => found.map(({ pageContent }) => pageContent);

describe("a cascade", () => {
  test("ranks what the last scorer read by its scores, and the rest by the scores before", async () => {
    const ranked = await rerank(cascadeOf(2));
    expect(textsOf(ranked)).toEqual(["3 2", "4 1", "2 8", "1 9", "0 7"]);
    expect(ranked.map(({ metadata }) => "relevanceScore" in metadata)).toEqual([
      true,
      true,
      false,
      false,
      false,
    ]);
    expect(ranked.map((document) => provenanceOf(document).rerank)).toMatchObject([
      {
        scored: true,
        model: "column 1",
        raw: 2,
        truncatedTokens: 1,
        stages: [
          { model: "column 0", raw: 3 },
          { model: "column 1", raw: 2 },
        ],
      },
      { scored: true, raw: 1 },
      { scored: false, reason: "unlikely", stages: [{ model: "column 0", raw: 2 }] },
      { scored: false, reason: "unlikely" },
      { scored: false, reason: "unlikely" },
    ]);
  });

  test("asks each scorer once, and the later one for the best texts only, best first", async () => {
    const scorers = [columnScorer(0), columnScorer(1)] as const;
    await rerank(cascadeOf(3, [...scorers]));
    expect(scorers.map(({ asked }) => asked.map((each) => each.texts))).toEqual([
      [texts],
      [["4 1", "3 2", "2 8"]],
    ]);
  });

  test("reads 20 texts in a later stage unless told otherwise", async () => {
    const last = columnScorer(1);
    const stages = [{ scorer: columnScorer(0).scorer }, { scorer: last.scorer }];
    const many = Array.from({ length: 30 }, (_, index) => `${index} 0`);
    await new CascadeScorer({ stages }).score("q", many);
    expect(last.asked[0]?.texts).toHaveLength(20);
  });

  test("orders all texts by the last stage that scored them, as a naive twin does", async () => {
    const value = fc.constantFrom("0", "1", "2", "-");
    const line = fc.tuple(value, value, value).map((values) => values.join(" "));
    const some = fc.array(line, { maxLength: 12 });
    const counts = fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 }));
    await fc.assert(
      fc.asyncProperty(some, counts, async (lines, [second, third]) => {
        const stages = [
          { scorer: columnScorer(0).scorer },
          { scorer: columnScorer(1).scorer, candidateCount: second },
          { scorer: columnScorer(2).scorer, candidateCount: third },
        ];
        const given = lines.map((pageContent, id) => new Document({ pageContent, id: `${id}` }));
        const ranked = await rerank(new CascadeScorer({ stages }), given);
        expect(ranked.map(({ id }) => Number(id))).toEqual(naiveOrder(lines, [second, third]));
      }),
    );
  });

  test("reports the scores of the last scorer, by the index of the text among all", async () => {
    const seen = new Map<number, number>();
    const onScored = (index: number, score: number) => void seen.set(index, score);
    const { scores, unscored } = await cascadeOf(2).score("q", texts, { onScored });
    expect(seen).toEqual(
      new Map([
        [1, 1],
        [3, 2],
      ]),
    );
    expect([...scores]).toEqual([Number.NaN, 1, Number.NaN, 2, Number.NaN]);
    expect([...(unscored ?? [])].toSorted(([a], [b]) => a - b)).toEqual([
      [0, "unlikely"],
      [2, "unlikely"],
      [4, "unlikely"],
    ]);
  });

  test("drops what the last scorer did not read at a threshold, but nothing without a judgement", async () => {
    const scorer = cascadeOf(3);
    const reranker = new CrossEncoderReranker({ scorer, scoreThreshold: 0.1, topN: 9 });
    const given = ["5 2", "4 -", "3 -9", "2 9", "- 9"].map(
      (pageContent) => new Document({ pageContent }),
    );
    // "4 -" failed in the last stage, "- 9" in the first: nothing speaks against them.
    expect(textsOf(await reranker.rerank("q", given))).toEqual(["5 2", "4 -", "- 9"]);
  });

  test("places windows and counts of tokens at the texts that were read", async () => {
    const windowed: PairScorer = {
      ...columnScorer(1).scorer,
      score: async (_query, some) => ({
        scores: some.map(() => 1),
        truncatedTokens: some.map((_, index) => index + 5),
        windows: new Map([[1, { start: 0, end: 2, windows: 4 }]]),
      }),
    };
    const last = { scorer: windowed, asked: [] };
    const { truncatedTokens, windows } = await cascadeOf(2, [columnScorer(0), last]).score(
      "q",
      texts,
    );
    expect(Array.from(truncatedTokens ?? [])).toEqual([0, 5, 0, 6, 0]);
    expect(windows).toEqual(new Map([[3, { start: 0, end: 2, windows: 4 }]]));
  });
});

/** As `columnScorer`, after a pause. */
const slow = (column: number, milliseconds: number) => {
  const { scorer, asked } = columnScorer(column);
  const score = async (query: string, some: readonly string[], options?: ScoreOptions) => {
    await pause(milliseconds, options?.signal);
    return scorer.score(query, some, options);
  };
  return { scorer: { ...scorer, score }, asked };
};

describe("a deadline", () => {
  test("that the first scorer uses up leaves its order, and says so", async () => {
    const last = columnScorer(1);
    const seen: number[] = [];
    const options = { deadlineMs: 1, onScored: (index: number) => void seen.push(index) };
    const result = await cascadeOf(2, [slow(0, 5), last]).score("q", texts, options);
    expect([...result.scores]).toEqual([1, 4, 2, 3, 0]);
    expect(result.scoredBy?.name).toBe("column 0");
    expect(result.stages?.map(({ name, texts: count }) => [name, count])).toEqual([
      ["column 0", 5],
      ["column 1", 0],
    ]);
    expect(result.unscored?.size).toBe(0);
    expect(seen).toEqual([0, 1, 2, 3, 4]);
    expect(last.asked).toEqual([]);
  });

  test("is shared: a later scorer gets what the earlier ones leave", async () => {
    const last = columnScorer(1);
    await cascadeOf(2, [slow(0, 5), last]).score("q", texts, { deadlineMs: 60_000 });
    expect(last.asked[0]?.deadlineMs).toBeLessThan(60_000);
    expect(last.asked[0]?.deadlineMs).toBeGreaterThan(0);
  });

  test("within the last scorer leaves the rest in the order before, and gives the reason", async () => {
    const halting: PairScorer = {
      ...columnScorer(1).scorer,
      score: async (_query, some) => ({
        scores: some.map((_, index) => (index === 1 ? 3 : Number.NaN)),
        unscored: new Map(some.flatMap((_, index) => (index === 1 ? [] : [[index, "deadline"]]))),
      }),
    };
    const ranked = await rerank(cascadeOf(3, [columnScorer(0), { scorer: halting, asked: [] }]));
    expect(textsOf(ranked)).toEqual(["3 2", "4 1", "2 8", "1 9", "0 7"]);
    const reasons = ranked.slice(1).map((document) => provenanceOf(document).rerank);
    expect(reasons).toMatchObject([
      { reason: "deadline" },
      { reason: "deadline" },
      { reason: "unlikely" },
      { reason: "unlikely" },
    ]);
  });
});

test("an abort between two scorers ends the call with the signal's reason", async () => {
  const user = new AbortController();
  const last = columnScorer(1);
  const first = columnScorer(0, {
    score: async (_query, some) => {
      user.abort("gone");
      return { scores: some.map(() => 0) };
    },
  });
  const call = cascadeOf(2, [first, last]).score("q", texts, { signal: user.signal });
  await expect(call).rejects.toBe("gone");
  expect(last.asked).toEqual([]);
});

test("an error of a scorer reaches the caller", async () => {
  const broken = columnScorer(1, {
    score: async () => {
      throw new Error("the model is gone");
    },
  });
  await expect(cascadeOf(2, [columnScorer(0), broken]).score("q", texts)).rejects.toThrow(
    "the model is gone",
  );
});

test("a failover inside a stage is named there", async () => {
  const scorer = new RemotePairScorer({
    dialect: "tei",
    url: "http://127.0.0.1:9",
    maxRetries: 0,
    failover: columnScorer(1).scorer,
  });
  const { stages, scoredBy } = await cascadeOf(2, [columnScorer(0), { scorer, asked: [] }]).score(
    "q",
    texts,
  );
  expect(stages?.map(({ name }) => name)).toEqual(["column 0", "column 1"]);
  expect(scoredBy?.name).toBe("column 1");
});

test("a search's trace has the texts and times of each scorer", async () => {
  const retriever = new TwoStageRetriever({
    candidates: new CorpusSource(documents),
    reranker: new CrossEncoderReranker({ scorer: cascadeOf(2) }),
    k: 3,
  });
  const trace = await retriever.search("q");
  const milliseconds = expect.any(Number);
  expect(trace.stages.find(({ name }) => name === "rerank")?.scorers).toEqual([
    { name: "column 0", texts: 5, scored: 5, milliseconds },
    { name: "column 1", texts: 2, scored: 2, milliseconds },
  ]);
  expect(trace.coverage).toEqual({ scored: 2, candidates: 5 });
  expect(renderTrace(trace, "text")).toMatch(
    /rerank 5 in \d+ ms \(column 0 5 in \d+ ms, column 1 2 in \d+ ms\); .* 2 of 5 scored/,
  );
});

describe("language models in a cascade", () => {
  const usage = { calls: 2, inputTokens: 30, outputTokens: 4, isEstimated: false };
  /** As `columnScorer`, of a language model; notes the instructions. */
  const chat = (column: number, failure?: Error) => {
    const { scorer } = columnScorer(column);
    const instructions: (string | undefined)[] = [];
    const reader: PairScorer = {
      ...scorer,
      readsInstruction: true,
      hasBudget: true,
      score: async (query, some, options) => {
        instructions.push(options?.instruction);
        if (failure) return { scores: some.map(() => Number.NaN), usage, failure };
        return { ...(await scorer.score(query, some, options)), usage };
      },
    };
    return { scorer: reader, asked: [], instructions };
  };
  const instruction = "Only laws.";
  const gone = new Error("the model is gone");

  test("get the instruction, and only they", async () => {
    const deaf = columnScorer(0);
    const options: (ScoreOptions | undefined)[] = [];
    const first = columnScorer(0, {
      score: async (query, some, given) => {
        options.push(given);
        return deaf.scorer.score(query, some, given);
      },
    });
    const last = chat(1);
    const cascade = cascadeOf(2, [first, last]);
    expect(cascade.readsInstruction).toBe(true);
    await new CrossEncoderReranker({ scorer: cascade }).rerank("q", documents, { instruction });
    expect(last.instructions).toEqual([instruction]);
    expect(options.map((each) => each?.instruction)).toEqual([undefined]);
  });

  test("get the instruction if another model shows only when it is loaded that it reads none", async () => {
    const model = tinyModel("tiny-bert-reranker");
    await using local = new OnnxCrossEncoder({ model, device: "cpu", dtype: "fp32" });
    const stage = { ...columnScorer(0), scorer: local };
    const last = chat(1);
    const cascade = cascadeOf(2, [stage, last]);
    await cascade.score("q", texts, { instruction });
    await cascade.score("q", texts, { instruction });
    expect(last.instructions).toEqual([instruction, instruction]);
    expect([local.readsInstruction, cascade.readsInstruction]).toEqual([undefined, true]);
    await using other = new OnnxCrossEncoder({ model, device: "cpu", dtype: "fp32" });
    const deaf = cascadeOf(2, [columnScorer(0), { ...stage, scorer: other }]);
    expect(deaf.readsInstruction).toBe(true);
    await expect(deaf.score("q", texts, { instruction })).rejects.toMatchObject({
      code: "invalid-option",
      message: expect.stringContaining(`because ${deaf.name} does not read one`),
    });
    expect(deaf.readsInstruction).toBeUndefined();
  });

  test("share a cascade with scorers that say that they read none", async () => {
    const first = columnScorer(0);
    Object.assign(first.scorer, { readsInstruction: false });
    const last = chat(1);
    await expect(cascadeOf(2, [first, columnScorer(1)]).score("q", texts)).resolves.toBeDefined();
    await cascadeOf(2, [first, last]).score("q", texts, { instruction });
    expect(last.instructions).toEqual([instruction]);
  });

  test("are the only ones that can have an instruction", async () => {
    const cascade = cascadeOf(2);
    expect(cascade.readsInstruction).toBeUndefined();
    const refusal = {
      code: "invalid-option",
      message: expect.stringContaining(
        "Expected no `instruction`, because column 0 → column 1 over the best 2 does not read one",
      ),
    };
    await expect(cascade.score("q", texts, { instruction })).rejects.toMatchObject(refusal);
    const reranker = new CrossEncoderReranker({ scorer: cascade });
    await expect(reranker.rerank("q", documents, { instruction })).rejects.toMatchObject(refusal);
  });

  test("with a limit give it to the cascade, which refuses adaptive depth at once", () => {
    expect(cascadeOf(2).hasBudget).toBeUndefined();
    const scorer = cascadeOf(2, [columnScorer(0), chat(1)]);
    expect(() => new CrossEncoderReranker({ scorer, adaptiveDepth: true })).toThrow(
      "Expected no `adaptiveDepth` with column 0 → column 1 over the best 2",
    );
  });

  test("are added up in the report and the trace", async () => {
    const reports: RerankReport[] = [];
    const reranker = new CrossEncoderReranker({ scorer: cascadeOf(2, [chat(0), chat(1)]) });
    const onReport = (report: RerankReport) => void reports.push(report);
    await reranker.rerank("q", documents, { onReport });
    const milliseconds = expect.any(Number);
    const sum = { calls: 4, inputTokens: 60, outputTokens: 8, isEstimated: false };
    const scorers = [
      { name: "column 0", texts: 5, scored: 5, milliseconds },
      { name: "column 1", texts: 2, scored: 2, milliseconds },
    ];
    expect(reports).toEqual([{ usage: sum, scorers }]);
    const candidates = new CorpusSource(documents);
    const trace = await new TwoStageRetriever({ candidates, reranker }).search("q");
    expect(trace.stages.at(-1)).toMatchObject({ name: "rerank", usage: sum, scorers });
    expect(renderTrace(trace, "text")).toMatch(
      /rerank 5 in \d+ ms with 4 model calls and 68 tokens \(column 0 5 in \d+ ms, /,
    );
  });

  test("that fail leave the scores of the scorer before, and say so", async () => {
    const scorer = cascadeOf(2, [columnScorer(0), chat(1, gone)]);
    const reports: RerankReport[] = [];
    const reranker = new CrossEncoderReranker({ scorer });
    const onReport = (report: RerankReport) => void reports.push(report);
    const ranked = await reranker.rerank("q", documents, { onReport });
    expect(textsOf(ranked)).toEqual(["4 1", "3 2", "2 8", "1 9", "0 7"]);
    expect(ranked[0]?.metadata["retrieval"].rerank).toMatchObject({
      scored: true,
      model: "column 0",
    });
    expect(reports).toMatchObject([{ usage, failure: gone, scorers: [{}, { scored: 0 }] }]);
  });

  test("that fail end a search, or leave the order of its candidates", async () => {
    const reranker = new CrossEncoderReranker({
      scorer: cascadeOf(2, [columnScorer(0), chat(1, gone)]),
    });
    const candidates = new CorpusSource(documents);
    await expect(new TwoStageRetriever({ candidates, reranker }).search("q")).rejects.toBe(gone);
    const kept = new TwoStageRetriever({ candidates, reranker, onError: "continue" });
    const trace = await kept.search("q");
    expect(textsOf(trace.documents)).toEqual(texts);
    expect(trace.stages.at(-1)).toMatchObject({
      failure: "the model is gone",
      usage,
      scorers: [{ name: "column 0" }, { name: "column 1" }],
    });
  });

  test("that fail first end the call: no later scorer is asked", async () => {
    const last = columnScorer(1);
    const scorer = cascadeOf(2, [chat(0, gone), last]);
    const [document] = await new CrossEncoderReranker({ scorer }).rerank("q", documents);
    expect(last.asked).toEqual([]);
    expect(document?.metadata["retrieval"].rerank).toMatchObject({
      scored: false,
      reason: "error",
      failure: "the model is gone",
    });
  });

  test("give a failure to no document that an earlier scorer ranked", async () => {
    const stages = [columnScorer(0), columnScorer(1), chat(1, gone)].map(({ scorer }, index) =>
      index === 0 ? { scorer } : { scorer, candidateCount: 2 },
    );
    const ranked = await rerank(new CascadeScorer({ stages }));
    expect(ranked.map((document) => provenanceOf(document).rerank?.scored)).toEqual([
      true,
      true,
      false,
      false,
      false,
    ]);
    const last = ranked.at(-1)?.metadata["retrieval"].rerank;
    expect(last).toMatchObject({ reason: "unlikely" });
    expect(last).not.toHaveProperty("failure");
  });
});

test("a first scorer without any score gives its reasons", async () => {
  const none = columnScorer(0, {
    score: async (_query, some) => ({
      scores: some.map(() => Number.NaN),
      unscored: new Map(some.map((_, index) => [index, "budget"])),
    }),
  });
  const { unscored } = await cascadeOf(2, [none, columnScorer(1)]).score("q", texts);
  expect([...(unscored ?? [])]).toEqual([
    [2, "budget"],
    [3, "budget"],
    [4, "budget"],
  ]);
});

test("sentences that the last scorer did not read do not reach a threshold", async () => {
  const text = "1 9 words.\n\n4 1 words.\n\n2 8 words.\n\n3 2 words.";
  const compress = (scoreThreshold: number, maxSentences: number) =>
    new SentenceCompressor({ scorer: cascadeOf(2), scoreThreshold, maxSentences }).compress("q", [
      new Document({ pageContent: text }),
    ]);
  expect(textsOf(await compress(0.1, 4))).toEqual(["4 1 words.\n…\n3 2 words."]);
  expect(textsOf(await compress(0, 3))).toEqual(["4 1 words.\n\n2 8 words.\n\n3 2 words."]);
});

const system = (scorer: PairScorer) =>
  new TwoStageRetriever({
    candidates: new CorpusSource(
      texts.map((pageContent) => new Document({ pageContent, id: pageContent })),
    ),
    reranker: new CrossEncoderReranker({ scorer }),
    k: 5,
  });

test("cascades are compared by an experiment, like any system", async () => {
  const { systems } = await experiment({
    systems: { all: system(columnScorer(1).scorer), two: system(cascadeOf(2)) },
    queries: new Map([["q1", "q"]]),
    judgements: judgementsFrom({ q1: { "1 9": 1 } }),
    measures: [nDCG(10)],
  });
  const means = Array.from(systems, (each) => each.evaluations[0]?.mean);
  expect(means).toEqual([1, expect.closeTo(1 / Math.log2(5))]);
});

describe("a cascade is refused", () => {
  test.each([
    [[], "at least two scorers, got 0"],
    [[{ scorer: columnScorer(0).scorer }], "at least two scorers, got 1"],
    [
      [{ scorer: columnScorer(0).scorer, candidateCount: 5 }, { scorer: columnScorer(1).scorer }],
      "Expected no `candidateCount` in `stages[0]`, which reads all texts, got 5",
    ],
    [
      [{ scorer: columnScorer(0).scorer }, { scorer: cascadeOf(2) }],
      "Expected no cascade in `stages[1]`, got column 0 → column 1 over the best 2",
    ],
  ])("with the stages %j", (stages, message) => {
    expect(() => new CascadeScorer({ stages })).toThrow(message);
  });

  test("by adaptive depth", async () => {
    const reranker = new CrossEncoderReranker({ scorer: cascadeOf(2), adaptiveDepth: true });
    await expect(reranker.rerank("q", documents)).rejects.toMatchObject({
      code: "invalid-option",
      message: expect.stringContaining(
        "Expected no `adaptiveDepth` with column 0 → column 1 over the best 2",
      ),
    });
  });

  test("by a sweep, which needs a score for every candidate", async () => {
    const retriever = new TwoStageRetriever({
      candidates: new CorpusSource(documents),
      reranker: new CrossEncoderReranker({ scorer: cascadeOf(2) }),
    });
    const { failures } = await collectPools({ retriever, queries: new Map([["q1", "q"]]) });
    expect(failures.get("q1")).toContain("`bakeOff` derives cascades");
  });
});

test.each<[string, unknown]>([
  ["no array", 5],
  ["an entry that is no stage", [undefined]],
  ["too few scores", [{ name: "a", texts: 1, milliseconds: 1, scores: [] }]],
  ["no name", [{ texts: 1, milliseconds: 1, scores: [1, 1, 1, 1, 1] }]],
])("stages of a scorer with %s are an error", async (_fault, stages) => {
  const { scorer } = columnScorer(0);
  const faulty: PairScorer = {
    ...scorer,
    score: async (query, some): Promise<PairScores> =>
      Object.assign({}, await scorer.score(query, some), { stages }),
  };
  await expect(rerank(faulty)).rejects.toMatchObject({
    code: "model-mismatch",
    message: expect.stringContaining("Expected `stages` of column 0 to be an array of"),
  });
});

/** The order of a cascade of three columns, one stage after the other. */
function naiveOrder(lines: readonly string[], counts: readonly number[]): number[] {
  const scoreOf = (index: number, column: number) => {
    const score = Number(lines[index]?.split(" ")[column]);
    return Number.isFinite(score) ? score : -Infinity;
  };
  let order = [...lines.keys()];
  for (const column of [0, 1, 2]) {
    const count = column === 0 ? lines.length : (counts[column - 1] ?? 0);
    const [read, rest] = [order.slice(0, count), order.slice(count)];
    const isScored = (index: number) => scoreOf(index, column) > -Infinity;
    const before = order;
    order = [
      ...read
        .filter(isScored)
        .toSorted(
          (a, b) =>
            scoreOf(b, column) - scoreOf(a, column) || before.indexOf(a) - before.indexOf(b),
        ),
      ...read.filter((index) => !isScored(index)),
      ...rest,
    ];
  }
  return order;
}
