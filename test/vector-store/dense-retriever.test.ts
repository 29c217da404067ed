import { MemoryVectorStore } from "@langchain/classic/vectorstores/memory";
import { Chroma } from "@langchain/community/vectorstores/chroma";
import { Document, type DocumentInterface } from "@langchain/core/documents";
import { VectorStore } from "@langchain/core/vectorstores";
import { describe, expect, test } from "vitest";
import type { MetadataFilter } from "../../src/documents/metadata-filter.ts";
import { DenseRetriever } from "../../src/vector-store/dense-retriever.ts";
import { HashEmbeddings } from "./hash-embeddings.ts";

/** Gives the scores it was made with, as any store of LangChain's might. */
class ScriptedStore extends VectorStore {
  readonly #found: readonly [DocumentInterface, number][];

  constructor(found: readonly [DocumentInterface, number][]) {
    super(new HashEmbeddings(), {});
    this.#found = found;
  }

  override _vectorstoreType(): string {
    return "scripted";
  }

  override async addVectors(): Promise<void> {}

  override async addDocuments(): Promise<void> {}

  override async similaritySearchVectorWithScore(
    _query: number[],
    k: number,
  ): Promise<[DocumentInterface, number][]> {
    return this.#found.slice(0, k);
  }
}

const scripted = (...scores: number[]): ScriptedStore =>
  new ScriptedStore(
    scores.map((score, index) => [new Document({ pageContent: "text", id: `${index}` }), score]),
  );

async function fill(texts: readonly string[]): Promise<MemoryVectorStore> {
  const store = new MemoryVectorStore(new HashEmbeddings());
  const documents = texts.map(
    (pageContent) => new Document({ pageContent, id: pageContent, metadata: { length: 1 } }),
  );
  await store.addDocuments(documents);
  return store;
}

const placesOf = (documents: readonly Document[]): unknown[] =>
  documents.map(({ id, metadata }) => [id, metadata["retrieval"]]);

describe("DenseRetriever", () => {
  test("gives the nearest documents of any LangChain store with rank and similarity", async () => {
    const retriever = new DenseRetriever({ store: await fill(["one", "two", "three"]) });
    const [first, ...others] = await retriever.candidates("two", { k: 2 });
    expect(first?.id).toBe("two");
    expect(first?.metadata["length"]).toBe(1);
    expect(first?.metadata["retrieval"]).toEqual({
      rank: 1,
      dense: { rank: 1, score: expect.closeTo(1, 6) },
    });
    expect(others.map(({ metadata }) => metadata["retrieval"].rank)).toEqual([2]);
  });

  test("gives `k` documents as a LangChain retriever, 50 unless told", async () => {
    const store = await fill(Array.from({ length: 60 }, (_, index) => `text ${index}`));
    expect(await new DenseRetriever({ store }).invoke("text 1")).toHaveLength(50);
    const few = await new DenseRetriever({ store, k: 3 }).invoke("text 1");
    expect(few.map(({ metadata }) => metadata["retrieval"].dense.rank)).toEqual([1, 2, 3]);
  });

  test("turns cosine distances into similarities if `scoreKind` says so", async () => {
    const retriever = new DenseRetriever({
      store: scripted(0, 0.25, 1.5),
      scoreKind: "cosine-distance",
    });
    expect(placesOf(await retriever.candidates("query", { k: 3 }))).toEqual([
      ["0", { rank: 1, dense: { rank: 1, score: 1 } }],
      ["1", { rank: 2, dense: { rank: 2, score: 0.75 } }],
      ["2", { rank: 3, dense: { rank: 3, score: -0.5 } }],
    ]);
  });

  test("refuses scores that run the wrong way instead of ranking by them", async () => {
    const distances = new DenseRetriever({ store: scripted(0, 0.25, 1.5) });
    await expect(distances.candidates("query", { k: 3 })).rejects.toThrow(
      'set `scoreKind: "cosine-distance"`',
    );
    const similarities = new DenseRetriever({
      store: scripted(0.9, 0.1),
      scoreKind: "cosine-distance",
    });
    await expect(similarities.candidates("query", { k: 3 })).rejects.toMatchObject({
      code: "invalid-option",
    });
  });

  test("refuses LangChain's own Chroma, whose scores are distances, unless told so", () => {
    const store = new Chroma(new HashEmbeddings(), { collectionName: "plain" });
    expect(() => new DenseRetriever({ store })).toThrow(
      expect.objectContaining({ code: "invalid-option" }),
    );
    expect(() => new DenseRetriever({ store, scoreKind: "cosine-distance" })).not.toThrow();
  });

  test("keeps a document that was found twice once, at its best rank", async () => {
    const [a, b] = ["a", "b"].map((id) => new Document({ pageContent: id, id }));
    if (!a || !b) throw new Error("two documents");
    const store = new ScriptedStore([
      [a, 0.9],
      [b, 0.8],
      [a, 0.7],
    ]);
    expect(placesOf(await new DenseRetriever({ store }).candidates("query", { k: 3 }))).toEqual([
      ["a", { rank: 1, dense: { rank: 1, score: 0.9 } }],
      ["b", { rank: 2, dense: { rank: 2, score: 0.8 } }],
    ]);
  });

  test("keeps every document that has no id", async () => {
    const document = new Document({ pageContent: "same" });
    const store = new ScriptedStore([
      [document, 0.9],
      [document, 0.9],
    ]);
    expect(await new DenseRetriever({ store }).candidates("query", { k: 3 })).toHaveLength(2);
    expect(document.metadata).toEqual({});
  });

  test("takes a score that is not finite as no similarity at all", async () => {
    const retriever = new DenseRetriever({ store: scripted(0.5, NaN, -0.5) });
    const scores = (await retriever.candidates("query", { k: 3 })).map(
      ({ metadata }) => metadata["retrieval"].dense.score,
    );
    expect(scores).toEqual([0.5, 0, -0.5]);
  });

  test("filters a store in memory by the same rules as Chroma", async () => {
    const retriever = new DenseRetriever({ store: await fill(["one", "two"]) });
    const found = async (filter: MetadataFilter) =>
      (await retriever.candidates("one", { k: 2, filter })).length;
    expect([await found({ length: { $gte: 2 } }), await found({ length: 1 })]).toEqual([0, 2]);
  });

  test("translates a filter for a store of another kind, and never passes it on unread", async () => {
    const store = await fill(["one", "two"]);
    // oxlint-disable-next-line no-underscore-dangle -- so LangChain names it
    store._vectorstoreType = () => "foreign";
    const filter = { length: 2 };
    await expect(
      new DenseRetriever({ store }).candidates("one", { k: 2, filter }),
    ).rejects.toMatchObject({ code: "invalid-option" });
    const retriever = new DenseRetriever({
      store,
      toStoreFilter: (wanted) => (document: Document) =>
        "length" in wanted && document.metadata["length"] === wanted["length"],
    });
    expect(await retriever.candidates("one", { k: 2, filter })).toEqual([]);
    expect(await retriever.candidates("one", { k: 2, filter: { length: 1 } })).toHaveLength(2);
  });

  test("refuses a translation that a store would take for no filter", async () => {
    const store = scripted(1);
    const filter = { tenant: "a" };
    for (const translated of [undefined, null, "", 0, true, {}, [], Promise.resolve({ a: 1 })]) {
      const retriever = new DenseRetriever({
        store,
        // @ts-expect-error -- what a caller in plain JavaScript can do
        toStoreFilter: () => translated,
      });
      await expect(retriever.candidates("query", { k: 1, filter })).rejects.toMatchObject({
        code: "invalid-option",
        message: expect.stringContaining(
          "Expected `toStoreFilter` to return a filter for the store",
        ),
      });
    }
  });

  test("gives LangChain's own Chroma a filter in the form that Chroma takes", async () => {
    const store = new Chroma(new HashEmbeddings(), { collectionName: "plain" });
    const asked: unknown[] = [];
    store.similaritySearchWithScore = async (_query, _k, filter) => {
      asked.push(filter);
      return [];
    };
    const retriever = new DenseRetriever({ store, scoreKind: "cosine-distance" });
    await retriever.candidates("query", { k: 1, filter: { tenant: "a", year: 1.5 } });
    await retriever.candidates("query", { k: 1, filter: {} });
    expect(asked).toEqual([
      {
        $and: [
          { tenant: { $eq: "a" } },
          { $and: [{ year: { $eq: 1.5 } }, { year: { $nin: [1] } }] },
        ],
      },
      undefined,
    ]);
  });

  test("searches with the filter as it was when the search began", async () => {
    const store = scripted(1);
    const asked: unknown[] = [];
    store.similaritySearchVectorWithScore = async (
      _query: number[],
      _k: number,
      wanted?: unknown,
    ) => {
      asked.push(wanted);
      return [];
    };
    const filter = { tenant: "a" };
    const retriever = new DenseRetriever({ store, toStoreFilter: (wanted) => wanted });
    const searching = retriever.candidates("query", { k: 1, filter });
    filter.tenant = "b";
    await searching;
    expect(asked).toEqual([{ tenant: "a" }]);
  });

  test("refuses a filter that would be ignored, in its constructor and in `invoke`", async () => {
    const options = Object.assign({ store: scripted(1) }, { filter: { tenant: "a" } });
    const refusal = expect.objectContaining({ code: "invalid-option" });
    expect(() => new DenseRetriever(options)).toThrow(refusal);
    const config = Object.assign({ tags: ["a"] }, { filter: { tenant: "a" } });
    const retriever = new DenseRetriever({ store: scripted(1) });
    await expect(retriever.invoke("query", config)).rejects.toEqual(refusal);
  });

  test("rejects with the signal's reason, before the search and while it waits", async () => {
    const reason = new Error("enough");
    const retriever = new DenseRetriever({ store: await fill(["one"]) });
    await expect(
      retriever.candidates("one", { k: 1, signal: AbortSignal.abort(reason) }),
    ).rejects.toBe(reason);
    const never = scripted();
    never.embeddings.embedQuery = () => new Promise(() => undefined);
    const controller = new AbortController();
    const waiting = new DenseRetriever({ store: never }).candidates("one", {
      k: 1,
      signal: controller.signal,
    });
    controller.abort(reason);
    await expect(waiting).rejects.toBe(reason);
  });

  test("refuses a query without words, and a k below 1", async () => {
    const retriever = new DenseRetriever({ store: scripted(1) });
    for (const query of ["", " \n\t"]) {
      await expect(retriever.candidates(query, { k: 1 })).rejects.toMatchObject({
        code: "invalid-input",
      });
    }
    await expect(retriever.candidates("query", { k: 0 })).rejects.toThrow("Expected `k`");
    expect(() => new DenseRetriever({ store: scripted(1), k: 1.5 })).toThrow("Expected `k`");
  });
});

test.each([
  [Promise.resolve(), "Expected `store` to be a LangChain vector store, got a Promise; await it"],
  [undefined, "Expected `store` to be a LangChain vector store, got undefined."],
])("refuses a store of %o", (store, message) => {
  expect(() => Reflect.construct(DenseRetriever, [{ store }])).toThrow(
    expect.objectContaining({
      code: "invalid-option",
      message: expect.stringContaining(message),
    }),
  );
});
