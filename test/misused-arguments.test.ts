import { MemoryVectorStore } from "@langchain/classic/vectorstores/memory";
import { describe, expect, test } from "vitest";
import * as evaluation from "../src/evaluation/index.ts";
import { Bm25Retriever, OnnxEmbeddings, TwoStageRetriever } from "../src/index.ts";
import * as everything from "../src/index.ts";
import { Bm25Index } from "../src/lexical/index.ts";
import { HashEmbeddings } from "./vector-store/hash-embeddings.ts";

const bm25 = new Bm25Retriever();
const scorer = { name: "none", scale: "unbounded", score: async () => ({ scores: [] }) } as const;
const reranker = new everything.CrossEncoderReranker({ scorer });
const retrievers = {
  Bm25Retriever: bm25,
  DenseRetriever: new everything.DenseRetriever({
    store: new MemoryVectorStore(new HashEmbeddings()),
  }),
  HybridRetriever: new everything.HybridRetriever({ retrievers: [bm25] }),
  TwoStageRetriever: new TwoStageRetriever({ candidates: bm25, reranker }),
};

/** Calls a method as plain JavaScript does: without types. */
const call = async (from: object, name: string, ...values: readonly unknown[]): Promise<unknown> =>
  Reflect.apply(Reflect.get(from, name), from, values);

/** What plain JavaScript hands in where there should be a string or an array. */
const others = [5, null, undefined, {}, Promise.resolve("x")];

describe.each([
  ["Bm25Retriever.save", bm25, "save"],
  ["Bm25Retriever.load", Bm25Retriever, "load"],
  ["Bm25Index.save", new Bm25Index(), "save"],
  ["Bm25Index.load", Bm25Index, "load"],
] as const)("%s", (_name, from, method) => {
  test.each([...others, "", " "])("refuses %o for a path", async (path) => {
    await expect(call(from, method, path)).rejects.toMatchObject({
      code: "invalid-input",
      message: expect.stringMatching(/^Expected `path` to be a non-empty string, got /),
    });
  });
});

test.each([...others, ""])("runs and judgements refuse %o for a path", async (path) => {
  for (const name of ["writeRun", "readRun", "writeJudgements", "readJudgements"]) {
    await expect(
      call(evaluation, name, path, ...(name.startsWith("write") ? [new Map()] : [])),
    ).rejects.toMatchObject({
      code: "invalid-input",
    });
  }
});

test.each([...others, "abc"])("embedStream refuses %o for texts", async (texts) => {
  const embeddings = new OnnxEmbeddings({ model: "all-MiniLM-L6-v2" });
  const stream = Reflect.apply(Reflect.get(embeddings, "embedStream"), embeddings, [texts]);
  await expect(stream.next()).rejects.toMatchObject({
    code: "invalid-input",
    message: expect.stringMatching(/^Expected `texts` to be an iterable of strings/),
  });
});

describe.each(Object.entries(retrievers))("%s.invoke", (_name, retriever) => {
  test.each(["x", 5, true, [], Promise.resolve({})])("refuses %o for a config", async (config) => {
    await expect(call(retriever, "invoke", "any", config)).rejects.toMatchObject({
      code: "invalid-option",
      message: expect.stringMatching(/^Expected the config of `invoke` to be an object/),
    });
  });
});

test.each(["ab", 5, null, undefined, [5]])("Bm25Index.delete refuses %o for ids", async (ids) => {
  await expect(call(new Bm25Index(), "delete", ids)).rejects.toMatchObject({
    code: "invalid-input",
    message: expect.stringContaining("ids"),
  });
});
