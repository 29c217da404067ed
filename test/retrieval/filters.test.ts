import { Document } from "@langchain/core/documents";
import { FakeListChatModel, FakeRetriever } from "@langchain/core/utils/testing";
import { describe, expect, test } from "vitest";
import { CrossEncoderReranker } from "../../src/cross-encoder/cross-encoder-reranker.ts";
import type { CandidateOptions, CandidateSource } from "../../src/documents/candidate-source.ts";
import { Bm25Retriever } from "../../src/lexical/bm25-retriever.ts";
import { createAnswerChain } from "../../src/answering/create-answer-chain.ts";
import { CorpusSource } from "../../src/retrieval/corpus-source.ts";
import { createRetrievalTool } from "../../src/answering/create-retrieval-tool.ts";
import { HybridRetriever } from "../../src/retrieval/hybrid-retriever.ts";
import { TwoStageRetriever } from "../../src/retrieval/two-stage-retriever.ts";
import { deepFreeze } from "../deep-freeze.ts";

const documents = deepFreeze(
  ["a", "b"].map(
    (tenant) => new Document({ id: tenant, pageContent: "river", metadata: { tenant } }),
  ),
);
const reranker = new CrossEncoderReranker({
  scorer: {
    name: "equal",
    scale: "probability",
    score: async (_query, texts) => ({ scores: texts.map(() => 0.5) }),
  },
});

/** Notes each search before it gives every document that the filter selects. */
class WatchedSource implements CandidateSource {
  searches = 0;
  readonly #corpus = new CorpusSource(documents);

  async candidates(query: string, options: CandidateOptions): Promise<Document[]> {
    this.searches += 1;
    return this.#corpus.candidates(query, options);
  }
}

/** Lets a test change something between the start of a search and its next stage. */
class SlowSource extends WatchedSource {
  override async candidates(query: string, options: CandidateOptions): Promise<Document[]> {
    await new Promise((resolve) => setImmediate(resolve));
    return super.candidates(query, options);
  }
}

const wrongs: readonly (readonly [string, unknown])[] = [
  ["a promise", Promise.resolve({ tenant: "a" })],
  ["null", null],
  ["an empty string", ""],
  ["0", 0],
  ["a bigint", 1n],
  ["an empty part of $or", { $or: [{ tenant: "a" }, {}] }],
];

const idsOf = (found: readonly { readonly id?: string | undefined }[]) => found.map(({ id }) => id);

describe.each(wrongs)("%s as a filter", (_name, filter) => {
  const refusal = expect.objectContaining({ code: "invalid-input" });

  test("is refused by a search in two stages before the first one", async () => {
    const source = new WatchedSource();
    const candidates = new HybridRetriever({ retrievers: [source] });
    const retriever = new TwoStageRetriever({ candidates, reranker });
    for (const config of [undefined, { tags: ["a"] }]) {
      const options = Object.assign({ config }, { filter });
      // @ts-expect-error -- what a caller in plain JavaScript can do
      await expect(retriever.search("river", options)).rejects.toEqual(refusal);
    }
    expect(source.searches).toBe(0);
  });

  test("is refused by a hybrid before any of its retrievers is asked, whatever `onError` says", async () => {
    const sources = [new WatchedSource(), new WatchedSource()];
    const hybrid = new HybridRetriever({ retrievers: sources, onError: "continue" });
    const options = Object.assign({ k: 2 }, { filter });
    // @ts-expect-error -- what a caller in plain JavaScript can do
    await expect(hybrid.candidates("river", options)).rejects.toEqual(refusal);
    expect(sources.map(({ searches }) => searches)).toEqual([0, 0]);
  });

  test("is refused when a tool is made with it", () => {
    const retriever = new TwoStageRetriever({ candidates: new WatchedSource(), reranker });
    const options = Object.assign({ retriever, description: "Rivers." }, { filter });
    // @ts-expect-error -- what a caller in plain JavaScript can do
    expect(() => createRetrievalTool(options)).toThrow(refusal);
  });
});

test("a filter that is changed during a search stays what it was for the later stages", async () => {
  const filter = { tenant: "a" };
  const hybrid = new HybridRetriever({ retrievers: [new SlowSource()] });
  const retriever = new TwoStageRetriever({ candidates: new SlowSource(), reranker });
  const searching = retriever.search("river", { filter });
  const asking = hybrid.candidates("river", { k: 2, filter });
  const tool = createRetrievalTool({ retriever, description: "Rivers.", filter });
  filter.tenant = "b";
  expect(idsOf((await searching).documents)).toEqual(["a"]);
  expect(idsOf(await asking)).toEqual(["a"]);
  const call = { type: "tool_call", id: "1", name: "search_documents" } as const;
  const { artifact } = await tool.invoke({ ...call, args: { query: "river" } });
  expect(idsOf(artifact)).toEqual(["a"]);
});

test("{} finds every document, also through a retriever that takes no filter", async () => {
  const retriever = new TwoStageRetriever({ candidates: new WatchedSource(), reranker });
  expect((await retriever.search("river", { filter: {} })).documents).toHaveLength(2);
  const hybrid = new HybridRetriever({
    retrievers: [new FakeRetriever({ output: [...documents] })],
  });
  expect(await hybrid.candidates("river", { k: 2, filter: {} })).toHaveLength(2);
});

describe("a filter where none is applied", () => {
  const filter = { tenant: "a" };
  const refusal = expect.objectContaining({ code: "invalid-option" });
  const source = new WatchedSource();

  test("is refused by every constructor and factory", async () => {
    const makers: readonly (() => unknown)[] = [
      () => new TwoStageRetriever(Object.assign({ candidates: source, reranker }, { filter })),
      () => new HybridRetriever(Object.assign({ retrievers: [source] }, { filter })),
      () => new HybridRetriever({ retrievers: [Object.assign({ retriever: source }, { filter })] }),
      () => new Bm25Retriever(Object.assign({ k: 1 }, { filter })),
      () =>
        createAnswerChain(
          Object.assign(
            {
              retriever: new TwoStageRetriever({ candidates: source, reranker }),
              llm: new FakeListChatModel({ responses: ["x"] }),
            },
            { filter },
          ),
        ),
    ];
    for (const make of makers) expect(make).toThrow(refusal);
    const options = Object.assign({ k: 1 }, { filter });
    await expect(Bm25Retriever.fromDocuments(documents, options)).rejects.toEqual(refusal);
  });

  test("is refused by `invoke`, which LangChain gives no filter", async () => {
    const retrievers = [
      new TwoStageRetriever({ candidates: source, reranker }),
      new HybridRetriever({ retrievers: [source] }),
      await Bm25Retriever.fromDocuments(documents),
    ];
    for (const retriever of retrievers) {
      const config = Object.assign({ tags: ["a"] }, { filter });
      await expect(retriever.invoke("river", config)).rejects.toEqual(refusal);
      await expect(retriever.batch(["river"], config)).rejects.toEqual(refusal);
    }
    expect(source.searches).toBe(0);
  });

  test("is refused beside the question of an answer chain", async () => {
    const chain = createAnswerChain({
      retriever: new TwoStageRetriever({ candidates: source, reranker }),
      llm: new FakeListChatModel({ responses: ["x"] }),
    });
    const input = Object.assign({ question: "river" }, { filter });
    await expect(chain.invoke(input)).rejects.toEqual(refusal);
  });
});
