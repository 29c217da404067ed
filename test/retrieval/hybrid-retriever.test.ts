import { MemoryVectorStore } from "@langchain/classic/vectorstores/memory";
import { Document, type DocumentInterface } from "@langchain/core/documents";
import { BaseRetriever } from "@langchain/core/retrievers";
import { describe, expect, test } from "vitest";
import type { CandidateOptions, CandidateSource } from "../../src/documents/candidate-source.ts";
import type { StageTrace } from "../../src/documents/retrieval-trace.ts";
import { provenanceOf, withProvenance } from "../../src/documents/provenance.ts";
import { reciprocalRankFusion } from "../../src/fusion/reciprocal-rank-fusion.ts";
import { weightedScoreFusion } from "../../src/fusion/weighted-score-fusion.ts";
import { HybridRetriever } from "../../src/retrieval/hybrid-retriever.ts";
import { candidateSourceContract } from "../../src/testing/index.ts";
import { deepFreeze } from "../deep-freeze.ts";

/** Gives these ids, best first, with falling scores of one kind. */
class FixedSource implements CandidateSource {
  readonly asked: CandidateOptions[] = [];
  readonly #ids: readonly string[];
  readonly #kind: "dense" | "lexical";

  constructor(kind: "dense" | "lexical", ids: readonly string[]) {
    this.#kind = kind;
    this.#ids = ids;
  }

  async candidates(_query: string, options: CandidateOptions): Promise<Document[]> {
    this.asked.push(options);
    return this.#ids.slice(0, options.k).map((id, index) => {
      const own = { rank: index + 1, score: 10 - index };
      const document = new Document({ id, pageContent: `text ${id}` });
      return deepFreeze(withProvenance(document, { rank: index + 1, [this.#kind]: own }));
    });
  }
}

class FailingSource implements CandidateSource {
  async candidates(): Promise<Document[]> {
    throw new Error("the search engine is down");
  }
}

const dense = () => new FixedSource("dense", ["a", "b", "__proto__"]);
const lexical = () => new FixedSource("lexical", ["b", "c"]);
const idsOf = (documents: readonly DocumentInterface[]) => documents.map(({ id }) => id);

/** Asks another retriever, which is a field of it, as LangChain's multi-query retriever does. */
class Wrapping extends BaseRetriever {
  override lc_namespace = ["test"];
  readonly retriever: BaseRetriever;

  constructor(retriever: BaseRetriever) {
    super();
    this.retriever = retriever;
  }

  override async _getRelevantDocuments(query: string): Promise<DocumentInterface[]> {
    return this.retriever.invoke(query);
  }
}

describe("HybridRetriever", () => {
  test("takes a retriever that has a field `retriever`", async () => {
    const inner = new HybridRetriever({ retrievers: [lexical()], k: 2 });
    const hybrid = new HybridRetriever({ retrievers: [new Wrapping(inner)] });
    expect(idsOf(await hybrid.candidates("any", { k: 10 }))).toEqual(["b", "c"]);
  });

  test("fuses by reciprocal rank, and each document keeps its rank in every list", async () => {
    const hybrid = new HybridRetriever({ retrievers: [dense(), lexical()] });
    const documents = await hybrid.candidates("any", { k: 10 });
    expect(idsOf(documents)).toEqual(["b", "a", "c", "__proto__"]);
    expect(documents.map(({ metadata }) => metadata["retrieval"])).toEqual([
      {
        rank: 1,
        dense: { rank: 2, score: 9 },
        lexical: { rank: 1, score: 10 },
        fused: { rank: 1, score: 1 / 61 + 1 / 62, method: "reciprocal-rank" },
      },
      { rank: 2, dense: { rank: 1, score: 10 }, fused: expect.objectContaining({ rank: 2 }) },
      { rank: 3, lexical: { rank: 2, score: 9 }, fused: expect.objectContaining({ rank: 3 }) },
      { rank: 4, dense: { rank: 3, score: 8 }, fused: expect.objectContaining({ rank: 4 }) },
    ]);
  });

  test("takes another fusion, and gives each retriever its own k", async () => {
    const sources = [dense(), lexical()] as const;
    const hybrid = new HybridRetriever({
      retrievers: [{ retriever: sources[0], k: 2 }, sources[1]],
      fusion: weightedScoreFusion({ weights: [1, 0] }),
    });
    expect(idsOf(await hybrid.candidates("any", { k: 7 }))).toEqual(["a", "b"]);
    expect(sources.map(({ asked }) => asked[0]?.k)).toEqual([2, 50]);
  });

  test("passes filter and signal on to all, and reports every list and the fusion", async () => {
    const sources = [dense(), lexical()] as const;
    const stages: StageTrace[] = [];
    const hybrid = new HybridRetriever({
      retrievers: [{ retriever: sources[0], name: "vectors" }, sources[1]],
    });
    await hybrid.candidates("any", {
      k: 3,
      filter: { tenant: "a" },
      signal: new AbortController().signal,
      onStage: (stage) => stages.push(stage),
    });
    expect(sources.map(({ asked }) => asked[0]?.filter)).toEqual([
      { tenant: "a" },
      { tenant: "a" },
    ]);
    expect(sources.every(({ asked }) => asked[0]?.signal !== undefined)).toBe(true);
    expect(stages.map(({ name }) => name)).toEqual(["vectors", "FixedSource", "fusion"]);
    expect(idsOf(stages[2]?.documents ?? [])).toEqual(["b", "a", "c"]);
  });

  test("one retriever that fails ends the search, and the others are aborted", async () => {
    const source = dense();
    const hybrid = new HybridRetriever({ retrievers: [source, new FailingSource()] });
    await expect(hybrid.invoke("any")).rejects.toThrow("the search engine is down");
    expect(source.asked[0]?.signal?.aborted).toBe(true);
  });

  test("with onError continue it uses the others, and the failure is in the trace", async () => {
    const stages: StageTrace[] = [];
    const hybrid = new HybridRetriever({
      retrievers: [dense(), new FailingSource()],
      fusion: reciprocalRankFusion({ weights: [1, 2] }),
      onError: "continue",
    });
    const onStage = (stage: StageTrace) => stages.push(stage);
    expect(idsOf(await hybrid.candidates("any", { k: 2, onStage }))).toEqual(["a", "b"]);
    expect(stages.find(({ name }) => name === "FailingSource")).toMatchObject({
      failure: "the search engine is down",
      documents: [],
    });
  });

  test("fails if all retrievers fail, with either onError", async () => {
    const hybrid = new HybridRetriever({ retrievers: [new FailingSource()], onError: "continue" });
    await expect(hybrid.invoke("any")).rejects.toThrow("the search engine is down");
  });

  test("takes LangChain's retrievers with the k they were made with, and no filter", async () => {
    const store = new MemoryVectorStore({
      embedQuery: async () => [1, 0],
      embedDocuments: async () => [],
    });
    await store.addVectors(
      [
        [1, 0],
        [1, 1],
        [1, 2],
      ],
      ["text b", "text x", "text y"].map((pageContent) => new Document({ pageContent })),
    );
    class Foreign extends BaseRetriever {
      lc_namespace = ["test"];
      override async _getRelevantDocuments(): Promise<Document[]> {
        return [new Document({ pageContent: "text x" })];
      }
    }
    const hybrid = new HybridRetriever({ retrievers: [store.asRetriever(2), new Foreign()] });
    const found = await hybrid.invoke("any");
    // Without ids they meet by source and text.
    expect(found.map(({ pageContent }) => pageContent)).toEqual(["text x", "text b"]);
    await expect(hybrid.candidates("any", { k: 2, filter: { a: 1 } })).rejects.toMatchObject({
      code: "invalid-option",
    });
  });

  test("rejects with the signal's reason, also with onError continue", async () => {
    const reason = new Error("no longer needed");
    const hybrid = new HybridRetriever({ retrievers: [dense()], onError: "continue" });
    const signal = AbortSignal.abort(reason);
    await expect(hybrid.candidates("any", { k: 3, signal })).rejects.toBe(reason);
  });

  test("can stand inside another", async () => {
    const inner = new HybridRetriever({ retrievers: [dense(), lexical()] });
    const outer = new HybridRetriever({ retrievers: [inner, new FixedSource("lexical", ["c"])] });
    const [first] = await outer.candidates("any", { k: 1 });
    expect(first?.id).toBe("c");
    expect(provenanceOf(first ?? new Document({ pageContent: "" }))).toMatchObject({ rank: 1 });
  });

  test("refuses an empty list of retrievers", () => {
    expect(() => new HybridRetriever({ retrievers: [] })).toThrow("at least one retriever");
  });

  test.each(candidateSourceContract)("as a CandidateSource: $name", async ({ check }) => {
    const source = new HybridRetriever({ retrievers: [dense(), lexical()] });
    await expect(check({ source, query: "text" })).resolves.toBeUndefined();
  });
});

test.each([
  [undefined, "Expected `retrievers` to be an array of at least one retriever, got undefined."],
  [["bm25"], 'Expected `retrievers[0]` to be a retriever or a candidate source, got "bm25".'],
  [[Promise.resolve()], "or a candidate source, got a Promise; await it first."],
  [[{ retriever: undefined }], "or a candidate source, got undefined."],
])("refuses retrievers of %o", (retrievers, message) => {
  expect(() => Reflect.construct(HybridRetriever, [{ retrievers }])).toThrow(
    expect.objectContaining({
      code: "invalid-option",
      message: expect.stringContaining(message),
    }),
  );
});
