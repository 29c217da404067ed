import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Document } from "@langchain/core/documents";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CrossEncoderReranker } from "../../src/cross-encoder/cross-encoder-reranker.ts";
import { Bm25Retriever } from "../../src/lexical/bm25-retriever.ts";
import { CorpusSource } from "../../src/retrieval/corpus-source.ts";
import { HybridRetriever } from "../../src/retrieval/hybrid-retriever.ts";
import { TwoStageRetriever } from "../../src/retrieval/two-stage-retriever.ts";
import type { ChromaStore } from "../../src/vector-store/chroma-store.ts";
import { DenseRetriever } from "../../src/vector-store/dense-retriever.ts";
import { openChroma } from "../../src/vector-store/open-chroma.ts";
import { deepFreeze } from "../deep-freeze.ts";
import { tinyModel } from "../fixtures/golden.ts";
import { HashEmbeddings } from "../vector-store/hash-embeddings.ts";

/** The same texts for both tenants: nothing but the filter can tell them apart. */
const documents = deepFreeze(
  ["a", "b"].flatMap((tenant) =>
    Array.from(
      { length: 30 },
      (_, year) =>
        new Document({
          id: `${tenant}${year}`,
          pageContent: `The river report of the year ${year}.`,
          metadata: { tenant, year },
        }),
    ),
  ),
);

describe("two tenants in one index", () => {
  let folder = "";
  let store: ChromaStore;
  let bm25: Bm25Retriever;
  const reranker = new CrossEncoderReranker({
    model: tinyModel("tiny-bert-reranker"),
    device: "cpu",
  });
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "tenants-"));
    store = await openChroma(new HashEmbeddings(), { collectionName: "tenants", path: folder });
    await store.addDocuments(documents);
    bm25 = await Bm25Retriever.fromDocuments(documents);
  });
  afterAll(async () => {
    await store.close();
    await reranker.dispose();
    await rm(folder, { recursive: true, force: true });
  });

  test.each([
    [{ tenant: "a" }, "a", 30],
    [{ tenant: "b" }, "b", 30],
    [{ $and: [{ tenant: "b" }, { year: { $gte: 20 } }] }, "b", 10],
    [{ tenant: { $in: ["a", "nobody"] } }, "a", 30],
    [{ tenant: "nobody" }, undefined, 0],
  ])("with %j no stage and no trace shows another's passages", async (filter, tenant, count) => {
    const sources = {
      dense: new DenseRetriever({ store }),
      bm25,
      hybrid: new HybridRetriever({ retrievers: [new DenseRetriever({ store }), bm25] }),
      corpus: new CorpusSource(documents),
    };
    for (const [name, candidates] of Object.entries(sources)) {
      const retriever = new TwoStageRetriever({ candidates, reranker, candidateCount: 60, k: 60 });
      const trace = await retriever.search("the river report", { filter });
      const seen = [trace, ...trace.stages].flatMap(({ documents: shown }) => shown);
      expect(trace.documents.length, name).toBe(count);
      expect(new Set(seen.map(({ metadata }) => metadata["tenant"])), name).toEqual(
        new Set(count === 0 ? [] : [tenant]),
      );
    }
  });
});

describe("words find what they should, through the retriever", () => {
  test.each([
    ["Paris", "Paris is the capital of France.", true],
    ["cat", "To concatenate is to join.", false],
    ["capital?", "Paris is the capital of France.", true],
    ["東京", "東京タワーは高い。", true],
    ["int8", "INT8 halves the memory of FP16.", true],
  ])("%s in %s: %s", async (query, pageContent, isFound) => {
    const others = ["Nothing to see here.", "Another text about rivers."];
    const retriever = await Bm25Retriever.fromDocuments(
      deepFreeze([pageContent, ...others].map((text) => new Document({ pageContent: text }))),
    );
    const found = await retriever.invoke(query);
    expect(found.map((document) => document.pageContent)).toEqual(isFound ? [pageContent] : []);
  });
});
