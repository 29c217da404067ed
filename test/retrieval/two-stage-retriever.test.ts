import { AsyncLocalStorage } from "node:async_hooks";
import { MemoryVectorStore } from "@langchain/classic/vectorstores/memory";
import { Document, type DocumentInterface } from "@langchain/core/documents";
import { BaseDocumentCompressor } from "@langchain/core/retrievers/document_compressors";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { CrossEncoderReranker } from "../../src/cross-encoder/cross-encoder-reranker.ts";
import type { CandidateOptions, CandidateSource } from "../../src/documents/candidate-source.ts";
import { provenanceOf, withProvenance } from "../../src/documents/provenance.ts";
import type { PairScorer } from "../../src/ranking/pair-scorer.ts";
import { CorpusSource } from "../../src/retrieval/corpus-source.ts";
import { TwoStageRetriever } from "../../src/retrieval/two-stage-retriever.ts";
import { deepFreeze } from "../deep-freeze.ts";

/** Scores a text by the number at its end, after as many milliseconds as it is asked to take. */
function numberScorer(
  options: { readonly fails?: boolean; readonly only?: number } = {},
): PairScorer {
  return {
    name: "number",
    scale: "probability",
    score: async (_query, texts, { signal } = {}) => {
      signal?.throwIfAborted();
      if (options.fails === true) throw new Error("the model is gone");
      const scores = texts.map((text) => Number(text.split(" ").at(-1)));
      const late = [...texts.keys()].slice(options.only ?? texts.length);
      scores.splice(texts.length - late.length, late.length, ...late.map(() => Number.NaN));
      return { scores, unscored: new Map(late.map((index) => [index, "deadline"])) };
    },
  };
}

/** Candidates in this order, with falling similarities; keeps what it was asked. */
class ListSource implements CandidateSource {
  readonly asked: CandidateOptions[] = [];
  readonly #documents: readonly Document[];

  constructor(texts: readonly string[]) {
    this.#documents = deepFreeze(
      texts.map((pageContent, index) =>
        withProvenance(
          new Document({ id: `d${index}`, pageContent, metadata: { source: "list" } }),
          {
            rank: index + 1,
            dense: { rank: index + 1, score: 1 - index / 10 },
          },
        ),
      ),
    );
  }

  async candidates(_query: string, options: CandidateOptions): Promise<Document[]> {
    this.asked.push(options);
    return this.#documents.slice(0, options.k);
  }
}

const texts = ["a 0.1", "b 0.9", "c 0.5", "d 0.2"];
const idsOf = (documents: readonly DocumentInterface[]) => documents.map(({ id }) => id);
const retrieverOf = (
  options: Partial<ConstructorParameters<typeof TwoStageRetriever>[0]> = {},
  scorer = numberScorer(),
) =>
  new TwoStageRetriever({
    candidates: new ListSource(texts),
    reranker: new CrossEncoderReranker({ scorer }),
    ...options,
  });

/** How many candidates the first stage is asked for, and how many documents come back. */
async function countsOf(
  own: { k?: number; candidateCount?: number },
  call: { k?: number; candidateCount?: number } = {},
): Promise<unknown[]> {
  const source = new ListSource(Array.from({ length: 80 }, (_, index) => `text 0.${index}`));
  const trace = await retrieverOf({ candidates: source, ...own }).search("any", call);
  return [source.asked[0]?.k, trace.documents.length];
}

describe("TwoStageRetriever", () => {
  test("gives the reranker's best k, with every stage in the provenance", async () => {
    const [first, second] = await retrieverOf({ k: 2 }).invoke("any");
    expect(idsOf([first, second].flatMap((each) => each ?? []))).toEqual(["d1", "d2"]);
    expect(first?.metadata).toMatchObject({
      source: "list",
      relevanceScore: expect.closeTo(0.9, 5),
      retrieval: {
        rank: 1,
        rankShift: 1,
        dense: { rank: 2, score: 0.9 },
        rerank: { scored: true, rank: 1, model: "number" },
      },
    });
  });

  test("search reports candidates, stages, coverage and milliseconds", async () => {
    const trace = await retrieverOf({ k: 2 }).search("any");
    expect(idsOf(trace.candidates)).toEqual(["d0", "d1", "d2", "d3"]);
    expect(trace.stages.map(({ name }) => name)).toEqual(["candidates", "rerank"]);
    expect(idsOf(trace.stages[1]?.documents ?? [])).toEqual(["d1", "d2", "d3", "d0"]);
    expect(trace.coverage).toEqual({ scored: 4, candidates: 4 });
    const sum = trace.stages.reduce((total, { milliseconds }) => total + milliseconds, 0);
    expect(trace.milliseconds).toBeGreaterThanOrEqual(sum);
    expect(idsOf(trace.documents)).toEqual(["d1", "d2"]);
  });

  test("one search's options do not affect the next", async () => {
    const retriever = retrieverOf();
    const source = new ListSource(texts);
    expect((await retriever.search("any", { k: 1 })).documents).toHaveLength(1);
    expect((await retriever.search("any")).documents).toHaveLength(4);
    const filter = { source: "list" };
    await retrieverOf({ candidates: source }).search("any", { candidateCount: 2, filter });
    expect(source.asked[0]).toMatchObject({ k: 2, filter });
  });

  test("rerank: false gives the first stage alone, with the same shape", async () => {
    const trace = await retrieverOf().search("any", { rerank: false, k: 3 });
    expect(idsOf(trace.documents)).toEqual(["d0", "d1", "d2"]);
    expect(trace.stages.map(({ name }) => name)).toEqual(["candidates"]);
    expect(trace.coverage).toEqual({ scored: 0, candidates: 4 });
  });

  test("drops what is below the threshold, but keeps minDocuments", async () => {
    expect(idsOf(await retrieverOf({ scoreThreshold: 0.4 }).invoke("any"))).toEqual(["d1", "d2"]);
    const floored = retrieverOf({ scoreThreshold: 0.95, minDocuments: 1 });
    expect(idsOf(await floored.invoke("any"))).toEqual(["d1"]);
    expect(await retrieverOf({ scoreThreshold: 0.95 }).invoke("any")).toEqual([]);
  });

  test("blends the normalised scores of both stages", async () => {
    expect(idsOf(await retrieverOf({ blend: 0 }).invoke("any"))).toEqual(["d0", "d1", "d2", "d3"]);
    const half = await retrieverOf({ blend: 0.5 }).search("any");
    // Cross-encoder 0, 1, 0.5, 0.125 and first stage 1, 2/3, 1/3, 0 after min-max.
    const scores = half.documents.map((each) => provenanceOf(each).blended?.score);
    expect(idsOf(half.documents)).toEqual(["d1", "d0", "d2", "d3"]);
    expect(scores.map((score) => score?.toFixed(4))).toEqual([
      "0.8333",
      "0.5000",
      "0.4167",
      "0.0625",
    ]);
    expect(half.stages.map(({ name }) => name)).toEqual(["candidates", "rerank", "blend"]);
    expect(provenanceOf(half.documents[1] ?? new Document({ pageContent: "" }))).toMatchObject({
      rank: 2,
      rankShift: -1,
      rerank: { rank: 4 },
      blended: { rank: 2 },
    });
  });

  test.each([
    [{ maxPerSource: 1 }, ["b1", "a2", "-4", "-5"]],
    [{ maxPerSection: 1 }, ["b1", "a2", "a3", "-4"]],
    [{ maxPerSource: 2, maxPerSection: 1 }, ["b1", "a2", "a3", "-4"]],
    [{ maxPerSection: 2, rerank: false }, ["a0", "b1", "a2", "a3"]],
  ] as const)("with %j the best of each source fill the result", async (limits, expected) => {
    const documents = [
      ["a0", "0.6 0.6", "s"],
      ["b1", "0.9", "s"],
      ["a2", "0.8", "s"],
      ["a3", "0.7", "t"],
      ["-4", "0.3"],
      ["-5", "0.2"],
    ].map(([id = "", pageContent = "", section]) => {
      const source = { a: "a.md", b: "b.md" }[id.slice(0, 1)];
      return new Document({ id, pageContent, metadata: { source, section } });
    });
    const candidates = new CorpusSource(documents);
    const trace = await retrieverOf({ candidates, k: 4, ...limits }).search("any");
    expect(idsOf(trace.documents)).toEqual(expected);
    expect(trace.documents.map((each) => provenanceOf(each).rank)).toEqual([1, 2, 3, 4]);
    expect(trace.candidates).toHaveLength(6);
  });

  test("disposes of what it owns, last first, and of nothing else", async () => {
    const disposed: string[] = [];
    const resource = (name: string, fails = false): AsyncDisposable => ({
      async [Symbol.asyncDispose]() {
        disposed.push(name);
        if (fails) throw new Error(`${name} cannot be closed`);
      },
    });
    const scorer = { ...numberScorer(), dispose: async () => void disposed.push("scorer") };
    await retrieverOf({}, scorer).dispose();
    expect(disposed).toEqual([]);
    const owned = [resource("model"), resource("store", true)];
    await expect(retrieverOf({ owned }).dispose()).rejects.toThrow("store cannot be closed");
    expect(disposed).toEqual(["store", "model"]);
    {
      await using retriever = retrieverOf({ owned: [resource("index")] });
      await retriever.invoke("any");
    }
    expect(disposed.at(-1)).toBe("index");
    for (const wrong of [resource("x"), [Promise.resolve()], [undefined]]) {
      // @ts-expect-error: no array of disposable things
      expect(() => retrieverOf({ owned: wrong })).toThrow(
        /Expected `owned` to be an array of objects with/,
      );
    }
  });

  test("puts what was not scored in time last, in first-stage order, and counts it", async () => {
    const scorer = numberScorer({ only: 2 });
    const { documents, coverage } = await retrieverOf({ blend: 0.5 }, scorer).search("any");
    expect(idsOf(documents)).toEqual(["d1", "d0", "d2", "d3"]);
    expect(coverage).toEqual({ scored: 2, candidates: 4 });
    expect(provenanceOf(documents[3] ?? new Document({ pageContent: "" })).rerank).toEqual({
      scored: false,
      reason: "deadline",
    });
  });

  test("a reranker that fails ends the search, or leaves the first stage's order and says why", async () => {
    const scorer = numberScorer({ fails: true });
    await expect(retrieverOf({}, scorer).invoke("any")).rejects.toThrow("the model is gone");
    const trace = await retrieverOf({ onError: "continue" }, scorer).search("any");
    expect(idsOf(trace.documents)).toEqual(["d0", "d1", "d2", "d3"]);
    expect(trace.stages.at(-1)).toMatchObject({ name: "rerank", failure: "the model is gone" });
    expect(provenanceOf(trace.documents[0] ?? new Document({ pageContent: "" })).rerank).toEqual({
      scored: false,
      reason: "error",
    });
  });

  test("keeps a document's own relevanceScore under another name if the reranker fails", async () => {
    const own = new Document({ pageContent: "0.5", metadata: { relevanceScore: "high" } });
    const candidates = { candidates: async () => [own] };
    const failing = numberScorer({ fails: true });
    const { documents } = await retrieverOf({ candidates, onError: "continue" }, failing).search(
      "any",
    );
    expect(documents[0]?.metadata).toMatchObject({ documentRelevanceScore: "high" });
    expect(documents[0]?.metadata).not.toHaveProperty("relevanceScore");
  });

  test("names all options that must be there", () => {
    const none: object = {};
    expect(() => Reflect.construct(TwoStageRetriever, [none])).toThrow(
      "Expected the options of TwoStageRetriever to include `candidates` and `reranker`, got neither of them.",
    );
  });

  test("invoke carries the signal that LangChain drops, and so does batch", async () => {
    const source = new ListSource(texts);
    const retriever = retrieverOf({ candidates: source });
    const { signal } = new AbortController();
    await retriever.invoke("any", { signal });
    await retriever.batch(["one", "two"], { signal });
    expect(source.asked.map((asked) => asked.signal !== undefined)).toEqual([true, true, true]);
    const reason = new Error("no longer needed");
    await expect(retriever.search("any", { signal: AbortSignal.abort(reason) })).rejects.toBe(
      reason,
    );
    const failing = retrieverOf({ onError: "continue" });
    await expect(failing.search("any", { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });

  test("leaves nothing behind that grows with the number of retrievers", async () => {
    const run = vi.spyOn(AsyncLocalStorage.prototype, "run");
    onTestFinished(() => run.mockRestore());
    const storagesAfter = async (count: number): Promise<number> => {
      for (let made = 0; made < count; made += 1) await retrieverOf().invoke("any");
      return new Set(run.mock.contexts).size;
    };
    const first = await storagesAfter(1);
    expect(first).toBeGreaterThan(0);
    expect(await storagesAfter(9)).toBe(first);
  });

  test("one retriever inside another has its own signal", async () => {
    class Inner extends TwoStageRetriever {
      found: Promise<Document[]> | undefined;

      async candidates(): Promise<Document[]> {
        stop.abort(new Error("enough"));
        // oxlint-disable-next-line no-underscore-dangle -- so LangChain names it
        this.found = this._getRelevantDocuments("any");
        return this.found;
      }
    }
    const stop = new AbortController();
    const reranker = new CrossEncoderReranker({ scorer: numberScorer() });
    const inner = new Inner({ candidates: new ListSource(texts), reranker });
    const outer = retrieverOf({ candidates: { candidates: () => inner.candidates() } });
    await expect(outer.invoke("any", { signal: stop.signal })).rejects.toThrow("enough");
    await expect(inner.found).resolves.toHaveLength(4);
  });

  test("runs further compressors on the result, in order, and traces them", async () => {
    class FirstOnly extends BaseDocumentCompressor {
      override async compressDocuments(
        documents: DocumentInterface[],
      ): Promise<DocumentInterface[]> {
        return documents.slice(0, 1);
      }
    }
    const trace = await retrieverOf({ compressors: [new FirstOnly()] }).search("any");
    expect(idsOf(trace.documents)).toEqual(["d1"]);
    expect(trace.stages.at(-1)?.name).toBe("FirstOnly");
  });

  test.each([
    [{ k: 0 }, "`k`"],
    [{ candidateCount: 1.5 }, "`candidateCount`"],
    [{ blend: 1.1 }, "Expected `blend` to be a number from 0 to 1, got 1.1."],
    [{ scoreThreshold: Number.NaN }, "`scoreThreshold`"],
    [{ minDocuments: -1 }, "`minDocuments`"],
    [{ deadlineMs: -1 }, "`deadlineMs`"],
  ])("refuses %j", (options, message) => {
    expect(() => retrieverOf(options)).toThrow(message);
  });

  test("has at least as many candidates as documents are asked for", async () => {
    expect(await countsOf({})).toEqual([50, 5]);
    expect(await countsOf({ k: 60 })).toEqual([60, 60]);
    expect(await countsOf({ k: 2 }, { k: 70 })).toEqual([70, 70]);
    expect(await countsOf({ candidateCount: 3 })).toEqual([3, 3]);
    expect(await countsOf({ k: 10 }, { candidateCount: 10 })).toEqual([10, 10]);
  });

  test("refuses fewer candidates than documents are asked for", async () => {
    expect(() => retrieverOf({ k: 10, candidateCount: 9 })).toThrow(
      /^Expected `candidateCount` to be at least 10, .* got 9/,
    );
    const retriever = retrieverOf({ k: 3, candidateCount: 4 });
    for (const call of [{ k: 5 }, { candidateCount: 2 }, { k: 2, candidateCount: 1 }]) {
      await expect(retriever.search("any", call)).rejects.toMatchObject({ code: "invalid-option" });
    }
  });

  test("refuses a reranker with cut-offs of its own, which would hide candidates from it", () => {
    for (const limit of [{ topN: 3 }, { scoreThreshold: 0.5 }]) {
      const reranker = new CrossEncoderReranker({ scorer: numberScorer(), ...limit });
      expect(() => retrieverOf({ reranker })).toThrow("without `topN` and `scoreThreshold`");
    }
  });

  test("refuses an empty query", async () => {
    await expect(retrieverOf().invoke(" ")).rejects.toMatchObject({ code: "invalid-input" });
  });

  test("takes any LangChain retriever, up to its k, without a filter", async () => {
    const embeddings = { embedQuery: async () => [1, 0], embedDocuments: async () => [[1, 0]] };
    const store = new MemoryVectorStore(embeddings);
    await store.addVectors(
      texts.map((_text, index) => [1, index]),
      texts.map((pageContent) => new Document({ pageContent })),
    );
    const retriever = retrieverOf({ candidates: store.asRetriever(3), candidateCount: 3 });
    expect((await retriever.invoke("any")).map(({ pageContent }) => pageContent)).toEqual([
      "b 0.9",
      "c 0.5",
      "a 0.1",
    ]);
    await expect(retriever.search("any", { candidateCount: 4 })).rejects.toThrow(
      "3 documents, but 4",
    );
    await expect(retriever.search("any", { filter: { a: 1 } })).rejects.toMatchObject({
      code: "invalid-option",
    });
  });
});

describe("CorpusSource", () => {
  const corpus = new CorpusSource(
    deepFreeze(texts.map((pageContent, year) => new Document({ pageContent, metadata: { year } }))),
  );

  test("lets the cross-encoder alone decide over the whole corpus", async () => {
    const retriever = retrieverOf({ candidates: corpus, candidateCount: corpus.size });
    const trace = await retriever.search("any");
    expect(trace.coverage).toEqual({ scored: 4, candidates: 4 });
    expect(trace.documents[0]?.pageContent).toBe("b 0.9");
  });

  test("applies the filter of a search", async () => {
    const retriever = retrieverOf({ candidates: corpus, candidateCount: corpus.size });
    const { documents } = await retriever.search("any", { filter: { year: { $gte: 2 } } });
    expect(documents.map(({ pageContent }) => pageContent)).toEqual(["c 0.5", "d 0.2"]);
  });
});

/** What plain JavaScript can hand in. */
const promised: unknown = Promise.resolve();

test.each([
  ["scoreThreshold", 3, "Expected `scoreThreshold` to be a number from 0 to 1, got 3."],
  ["reranker", undefined, "Expected `reranker` to be a CrossEncoderReranker, got undefined."],
  ["reranker", "BAAI/bge-reranker-base", 'a CrossEncoderReranker, got "BAAI/bge-reranker-base".'],
  ["reranker", promised, "a CrossEncoderReranker, got a Promise; await it first."],
  ["candidates", undefined, "`candidates` to be a retriever or a candidate source, got undefined."],
  ["candidates", promised, "or a candidate source, got a Promise; await it first."],
  ["compressors", {}, "Expected `compressors` to be an array of document compressors"],
  ["compressors", [promised], "Expected `compressors[0]` to be a document compressor, got a Prom"],
  ["onError", "keep", 'Expected `onError` to be one of "throw", "continue", got "keep".'],
])("refuses %s: %o", (name, value, message) => {
  const good = { candidates: new CorpusSource([]), reranker: new CrossEncoderReranker() };
  expect(() => Reflect.construct(TwoStageRetriever, [{ ...good, [name]: value }])).toThrow(
    expect.objectContaining({
      code: "invalid-option",
      message: expect.stringContaining(message),
    }),
  );
});
