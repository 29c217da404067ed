import { join } from "node:path";
import { Document } from "@langchain/core/documents";
import { describe, expect, test } from "vitest";
import { createAnalyzer } from "../../src/lexical/analyzer.ts";
import { Bm25Index } from "../../src/lexical/bm25-index.ts";
import { Bm25Retriever } from "../../src/lexical/bm25-retriever.ts";
import { candidateSourceContract } from "../../src/testing/index.ts";
import { temporaryFolder } from "../vector-store/temporary-folder.ts";
import { deepFreeze } from "../deep-freeze.ts";

const documents: readonly Document[] = deepFreeze([
  new Document({ id: "paris", pageContent: "Paris is the capital of France.", metadata: { n: 1 } }),
  new Document({ id: "rome", pageContent: "Rome is the capital of Italy.", metadata: { n: 2 } }),
  new Document({ id: "words", pageContent: "Two texts: concatenate them." }),
  new Document({ id: "tower", pageContent: "東京タワーは赤い。" }),
  new Document({ id: "dtype", pageContent: "Weights are stored as INT8." }),
]);

const idsOf = (found: readonly Document[]): unknown[] => found.map(({ id }) => id);

describe("Bm25Retriever", () => {
  test.each([
    ["Paris", ["paris"]],
    ["cat", []],
    ["capital?", ["paris", "rome"]],
    ["int8", ["dtype"]],
    ["東京", ["tower"]],
  ])("finds for %j: %j", async (query, expected) => {
    const retriever = await Bm25Retriever.fromDocuments(documents);
    expect(idsOf(await retriever.invoke(query))).toEqual(expected);
  });

  test("finds by the given metadata fields, also in a file, and returns the text alone", async () => {
    const metadata = { headingPath: "LoRA > Memory" };
    const document = new Document({ id: "a", pageContent: "Two matrices.", metadata });
    const passageFields = ["headingPath"];
    const plain = await Bm25Retriever.fromDocuments([document]);
    expect(await plain.invoke("memory")).toEqual([]);
    const made = await Bm25Retriever.fromDocuments([document], { passageFields });
    const path = join(await temporaryFolder(), "a.bm25");
    await made.save(path);
    const loaded = await Bm25Retriever.load(path);
    await loaded.addDocuments([new Document({ id: "b", pageContent: "Two matrices.", metadata })]);
    for (const [retriever, ids] of [
      [made, ["a"]],
      [loaded, ["a", "b"]],
    ] as const) {
      expect(retriever.index.passageFields).toEqual(passageFields);
      const found = await retriever.invoke("memory");
      expect(idsOf(found)).toEqual(ids);
      expect(found[0]?.pageContent).toBe("Two matrices.");
    }
    const { index } = loaded;
    expect(new Bm25Retriever({ index, passageFields }).index).toBe(index);
    expect(() => new Bm25Retriever({ index, passageFields: ["title"] })).toThrow(
      'Expected `passageFields` to be those of the index (["headingPath"]), got ["title"]',
    );
    expect(new Bm25Retriever({ passageFields }).index.passageFields).toEqual(passageFields);
  });

  test("gives whole documents with rank and score, and leaves its input untouched", async () => {
    const retriever = await Bm25Retriever.fromDocuments(documents, { k1: 0.9, b: 0.4 });
    const [first, second] = await retriever.candidates("capital of France", { k: 2 });
    expect(first).toEqual(
      new Document({
        id: "paris",
        pageContent: "Paris is the capital of France.",
        metadata: {
          n: 1,
          retrieval: { rank: 1, lexical: { rank: 1, score: expect.any(Number) } },
        },
      }),
    );
    expect(second?.metadata["retrieval"].lexical.rank).toBe(2);
    expect(first?.metadata["retrieval"].lexical.score).toBeGreaterThan(
      second?.metadata["retrieval"].lexical.score,
    );
  });

  test("gives `k` documents as a LangChain retriever, 50 unless told", async () => {
    const many = Array.from(
      { length: 60 },
      (_, n) => new Document({ pageContent: `passage ${n}` }),
    );
    expect(await (await Bm25Retriever.fromDocuments(many)).invoke("passage")).toHaveLength(50);
    expect(
      await (await Bm25Retriever.fromDocuments(many, { k: 3 })).invoke("passage"),
    ).toHaveLength(3);
  });

  test("lets only what passes the filter be found, whatever the ranks", async () => {
    const retriever = await Bm25Retriever.fromDocuments(documents);
    const found = await retriever.candidates("capital", { k: 5, filter: { n: { $gt: 1 } } });
    expect(idsOf(found)).toEqual(["rome"]);
    expect(found[0]?.metadata["retrieval"].rank).toBe(1);
  });

  test("replaces a document whose id is there, and deletes", async () => {
    const retriever = await Bm25Retriever.fromDocuments(documents);
    await retriever.addDocuments([
      new Document({ id: "rome", pageContent: "Rome has seven hills." }),
    ]);
    expect(idsOf(await retriever.invoke("capital"))).toEqual(["paris"]);
    expect(await retriever.delete({ ids: ["paris", "unknown"] })).toBe(1);
    expect(await retriever.invoke("capital")).toEqual([]);
    expect(retriever.index.size).toBe(documents.length - 1);
  });

  test("gives a document without an id one by its source and text", async () => {
    const retriever = new Bm25Retriever();
    const [a, b] = ["a.md", "b.md"].map(
      (source) => new Document({ pageContent: "same", metadata: { source } }),
    );
    if (!a || !b) throw new Error("two documents");
    const ids = await retriever.addDocuments(deepFreeze([a, b, a]));
    expect(ids[2]).toBe(ids[0]);
    expect(retriever.index.size).toBe(2);
    expect(await retriever.addDocuments([b])).toEqual([ids[1]]);
    expect(retriever.index.size).toBe(2);
  });

  test("is the same after it was saved and loaded", async () => {
    const path = join(await temporaryFolder(), "documents.bm25");
    const retriever = await Bm25Retriever.fromDocuments(documents);
    await retriever.save(path);
    const loaded = await Bm25Retriever.load(path, { k: 1 });
    const [query, options] = ["the capital of France and Italy", { k: 5 }];
    expect(await loaded.candidates(query, options)).toEqual(
      await retriever.candidates(query, options),
    );
    expect(await loaded.invoke(query)).toHaveLength(1);
    const analyzer = createAnalyzer({ language: "none" });
    await expect(Bm25Retriever.load(path, { analyzer })).rejects.toMatchObject({
      code: "index-mismatch",
    });
  });

  test("refuses an index that has no texts to give", () => {
    expect(() => new Bm25Retriever({ index: new Bm25Index() })).toThrow('`texts: "keep"`');
    expect(() => new Bm25Retriever({ k: 0 })).toThrow("Expected `k`");
  });
});

describe("Bm25Retriever is a CandidateSource", () => {
  test.each(candidateSourceContract)("$name", async ({ check }) => {
    const source = await Bm25Retriever.fromDocuments([
      ...documents,
      new Document({
        id: "bern",
        pageContent: "The capital of Switzerland: Bern, by law no capital.",
      }),
    ]);
    await expect(check({ source, query: "capital" })).resolves.toBeUndefined();
  });
});

test("refuses an index that was not awaited", () => {
  const index = Promise.resolve();
  expect(() => Reflect.construct(Bm25Retriever, [{ index }])).toThrow(
    "Expected `index` to be a Bm25Index, got a Promise; await it first.",
  );
});
