import { Document } from "@langchain/core/documents";
import { RunnableLambda } from "@langchain/core/runnables";
import { describe, expect, test } from "vitest";
import {
  createAnswerChain,
  CrossEncoderReranker,
  CorpusSource,
  OnnxCrossEncoder,
  renderTrace,
  TwoStageRetriever,
  type CallReport,
  type CrossEncoderRerankerOptions,
  type ListReranker,
  type ListRanking,
  type PairScorer,
  type RankOptions,
  type ScoreOptions,
} from "../../src/index.ts";
import { RemotePairScorer } from "../../src/rerankers/index.ts";
import { deepFreeze } from "../deep-freeze.ts";

const usage = { calls: 2, inputTokens: 100, outputTokens: 9, isEstimated: false };

/** Reverses the texts, and keeps what it was asked. */
class Reverser implements ListReranker {
  readonly name = "reverser";
  readonly readsInstruction = true;
  readonly asked: { readonly texts: readonly string[]; readonly options: RankOptions }[] = [];
  readonly #change: (ranking: ListRanking) => ListRanking;

  constructor(change: (ranking: ListRanking) => ListRanking = (ranking) => ranking) {
    this.#change = change;
  }

  async rank(
    _query: string,
    texts: readonly string[],
    options: RankOptions = {},
  ): Promise<ListRanking> {
    options.signal?.throwIfAborted();
    this.asked.push({ texts, options });
    return this.#change({ order: [...texts.keys()].toReversed(), usage });
  }
}

const failing = (): Reverser =>
  new Reverser(({ order }) => ({
    order: order.toReversed(),
    unranked: new Map(order.map((index) => [index, "error"])),
    usage,
    failure: new Error("the model is gone"),
  }));

const documents = deepFreeze(
  ["a", "b", "c"].map(
    (id) => new Document({ id, pageContent: `text ${id}`, metadata: { relevanceScore: 0.3 } }),
  ),
);
const idsOf = (found: readonly { readonly id?: string | undefined }[]) => found.map(({ id }) => id);

describe("a CrossEncoderReranker with a list reranker", () => {
  test("orders documents by the list, with ranks and without scores", async () => {
    const reranker = new CrossEncoderReranker({ ranker: new Reverser(), topN: 2 });
    const found = await reranker.rerank("q", documents);
    expect(idsOf(found)).toEqual(["c", "b"]);
    expect(found[0]?.metadata).toEqual({
      documentRelevanceScore: 0.3,
      retrieval: {
        rank: 1,
        rankShift: 2,
        rerank: { scored: false, reason: "list", rank: 1, model: "reverser" },
      },
    });
  });

  test("says why a document was not ranked, and reports the usage", async () => {
    const reports: CallReport[] = [];
    const onReport = (report: CallReport): unknown => reports.push(report);
    const reranker = new CrossEncoderReranker({ ranker: failing() });
    const found = await reranker.rerank("q", documents, { onReport });
    expect(idsOf(found)).toEqual(["a", "b", "c"]);
    expect(found[0]?.metadata["retrieval"].rerank).toEqual({
      scored: false,
      reason: "error",
      failure: "the model is gone",
    });
    expect(reports).toEqual([{ usage, failure: new Error("the model is gone") }]);
  });

  test("passes on the options of a call", async () => {
    const ranker = new Reverser();
    const reranker = new CrossEncoderReranker({ ranker, deadlineMs: 500 });
    await reranker.rerank("q", documents, { instruction: "Only laws." });
    expect(ranker.asked).toMatchObject([
      {
        texts: ["text a", "text b", "text c"],
        options: { instruction: "Only laws.", deadlineMs: 500 },
      },
    ]);
    const reason = new Error("no longer needed");
    const signal = AbortSignal.abort(reason);
    await expect(reranker.rerank("q", documents, { signal })).rejects.toBe(reason);
  });

  test.each<[string, object]>([
    ["scorer", { scorer: { name: "s", scale: "logit", score: () => undefined } }],
    ["model", { model: "bge-reranker-base" }],
    ["cache", { cache: true }],
    ["scoreThreshold", { scoreThreshold: 0.5 }],
    ["adaptiveDepth", { adaptiveDepth: true }],
  ])("takes no %s", (name, others) => {
    const options: CrossEncoderRerankerOptions = Object.assign({ ranker: new Reverser() }, others);
    expect(() => new CrossEncoderReranker(options)).toThrow(new RegExp(`got|no \`${name}\``));
    expect(() => new CrossEncoderReranker(options)).toThrow(name);
  });

  test.each<[object, string]>([
    [
      { scorer: { name: "s", scale: "logit", score: () => undefined } },
      "got `ranker` and `scorer`: leave one of them out.",
    ],
    [{ model: "bge-reranker-base" }, "got `ranker` and `model`: pass the option to the ranker."],
  ])("says what to do with %o", (others, message) => {
    const options: CrossEncoderRerankerOptions = Object.assign({ ranker: new Reverser() }, others);
    expect(() => new CrossEncoderReranker(options)).toThrow(message);
  });

  test("has no scorer and no local model", async () => {
    await using reranker = new CrossEncoderReranker({ ranker: new Reverser() });
    expect(() => reranker.scorer).toThrow("got the list reranker reverser");
    expect(await reranker.info()).toBeUndefined();
  });
});

const retrieverOf = (
  ranker: ListReranker,
  options: Partial<ConstructorParameters<typeof TwoStageRetriever>[0]> = {},
) =>
  new TwoStageRetriever({
    candidates: new CorpusSource(documents),
    reranker: new CrossEncoderReranker({ ranker }),
    ...options,
  });

test("an answer chain takes no scoreThreshold after a list reranker", () => {
  const options = { retriever: retrieverOf(new Reverser()), llm: RunnableLambda.from(() => "a") };
  expect(() => createAnswerChain(options)).not.toThrow();
  expect(() => createAnswerChain({ ...options, scoreThreshold: 0.5 })).toThrow(
    "Expected no `scoreThreshold`, because the list reranker reverser gives no scores",
  );
});

describe("a TwoStageRetriever with a list reranker", () => {
  test("traces the order, the coverage and the usage", async () => {
    const trace = await retrieverOf(new Reverser()).search("q");
    expect(idsOf(trace.documents)).toEqual(["c", "b", "a"]);
    expect(trace.coverage).toEqual({ scored: 3, candidates: 3 });
    expect(trace.stages.at(-1)).toMatchObject({ name: "rerank", usage });
    expect(renderTrace(trace, "text")).toMatch(
      /rerank 3 in \d+ ms with 2 model calls and 109 tokens; /,
    );
  });

  test("throws the error of a model that failed, or continues and traces it", async () => {
    await expect(retrieverOf(failing()).search("q")).rejects.toThrow("the model is gone");
    const trace = await retrieverOf(failing(), { onError: "continue" }).search("q");
    expect(idsOf(trace.documents)).toEqual(["a", "b", "c"]);
    expect(trace.stages.at(-1)).toMatchObject({ failure: "the model is gone", usage });
    expect(trace.coverage.scored).toBe(0);
  });

  test.each([{ blend: 0.5 }, { scoreThreshold: 0.5 }])("takes no %o", (options) => {
    expect(() => retrieverOf(new Reverser(), options)).toThrow(
      `Expected no \`${Object.keys(options)[0]}\`, because the list reranker reverser gives no scores`,
    );
  });

  test("passes an instruction on to a reranker that reads it", async () => {
    const ranker = new Reverser();
    await retrieverOf(ranker).search("q", { instruction: "Only laws." });
    expect(ranker.asked[0]?.options.instruction).toBe("Only laws.");
  });

  test("refuses an instruction that no reranker reads, even if it continues after errors", async () => {
    const ranker = new Reverser();
    const deaf: ListReranker = { name: "deaf", rank: (...given) => ranker.rank(...given) };
    const instruction = "Only laws.";
    const retriever = retrieverOf(deaf, { onError: "continue" });
    await expect(retriever.search("q", { instruction })).rejects.toThrow(
      "Expected no `instruction`, because deaf does not read one",
    );
    await expect(
      retrieverOf(new Reverser()).search("q", { instruction, rerank: false }),
    ).rejects.toThrow("because a search without reranking does not read one");
  });
});

describe("an instruction", () => {
  const asked: (string | undefined)[] = [];
  const reader: PairScorer = {
    name: "reader",
    scale: "probability",
    readsInstruction: true,
    score: async (_query, texts, { instruction } = {}) => {
      asked.push(instruction);
      return { scores: texts.map(() => 0.5), usage };
    },
  };

  test("reaches a scorer that reads it, also by adaptive depth, which adds up the usage", async () => {
    asked.length = 0;
    const many = Array.from({ length: 15 }, (_, i) => new Document({ pageContent: `${i}` }));
    const reports: CallReport[] = [];
    const onReport = (report: CallReport): unknown => reports.push(report);
    for (const adaptiveDepth of [false, true]) {
      const reranker = new CrossEncoderReranker({ scorer: reader, adaptiveDepth, topN: 15 });
      await reranker.rerank("q", many, { instruction: "Only laws.", onReport });
    }
    expect(asked).toEqual(["Only laws.", "Only laws.", "Only laws."]);
    expect(reports.map((report) => report.usage?.calls)).toEqual([2, 4]);
  });

  test("is refused for a scorer that does not read it", async () => {
    const { readsInstruction: _reads, ...deaf } = reader;
    const reranker = new CrossEncoderReranker({ scorer: deaf });
    await expect(
      reranker.rerank("q", documents, { instruction: "Only laws." }),
    ).rejects.toMatchObject({
      code: "invalid-option",
      message: expect.stringMatching(/Expected no `instruction`, because reader does not read one/),
    });
  });

  test.each<[string, PairScorer]>([
    ["OnnxCrossEncoder", new OnnxCrossEncoder()],
    ["RemotePairScorer", new RemotePairScorer({ dialect: "tei", url: "http://localhost:1" })],
  ])("is refused by %s itself", async (_name, scorer) => {
    const options: ScoreOptions = { instruction: "Only laws." };
    await expect(scorer.score("q", ["a"], options)).rejects.toMatchObject({
      code: "invalid-option",
      message: expect.stringMatching(/Expected no `instruction`/),
    });
  });
});

/** A scorer whose model is gone. */
const scorerOf = (options: Partial<PairScorer>): PairScorer => ({
  name: "chat",
  scale: "probability",
  score: async (_query, texts) => ({
    scores: texts.map(() => Number.NaN),
    usage,
    failure: new Error("the model is gone"),
  }),
  ...options,
});

describe("a scorer with a language model", () => {
  test("says why no document has a score", async () => {
    const reranker = new CrossEncoderReranker({ scorer: scorerOf({}) });
    const found = await reranker.rerank("q", documents);
    expect(idsOf(found)).toEqual(["a", "b", "c"]);
    expect(found[0]?.metadata["retrieval"].rerank).toEqual({
      scored: false,
      reason: "error",
      failure: "the model is gone",
    });
  });

  test("is asked no more by adaptive depth once it fails", async () => {
    let calls = 0;
    const gone = scorerOf({});
    const scorer = scorerOf({
      score: async (...given) => {
        calls += 1;
        return gone.score(...given);
      },
    });
    const many = Array.from({ length: 30 }, (_, i) => new Document({ pageContent: `${i}` }));
    const reports: CallReport[] = [];
    const reranker = new CrossEncoderReranker({ scorer, adaptiveDepth: true });
    await reranker.rerank("q", many, { onReport: (report) => void reports.push(report) });
    expect(calls).toBe(1);
    expect(reports).toEqual([{ usage, failure: new Error("the model is gone") }]);
  });

  test("with a limit takes no adaptive depth, which would ask it several times", () => {
    const scorer = scorerOf({ hasBudget: true });
    expect(() => new CrossEncoderReranker({ scorer, adaptiveDepth: true })).toThrow(
      "Expected no `adaptiveDepth` with chat",
    );
  });
});
