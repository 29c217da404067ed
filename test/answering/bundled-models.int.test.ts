import { join } from "node:path";
import { MemoryVectorStore } from "@langchain/classic/vectorstores/memory";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import {
  Bm25Retriever,
  createAnswerChain,
  CrossEncoderReranker,
  DenseRetriever,
  HybridRetriever,
  loadFolder,
  OnnxEmbeddings,
  splitPassages,
  TwoStageRetriever,
  type AnswerChain,
} from "../../src/index.ts";
import { ChatStub } from "../chat-stub.ts";
import { chatModels } from "./answering.ts";

const embeddings = new OnnxEmbeddings({ model: "all-MiniLM-L6-v2", device: "cpu" });
const reranker = new CrossEncoderReranker({ model: "rerank-minilm-l6", device: "cpu" });
const store = new MemoryVectorStore(embeddings);
let retriever: TwoStageRetriever;
beforeAll(async () => {
  const folder = join(import.meta.dirname, "../../sample_documents");
  const { documents } = await loadFolder(folder);
  const guides = documents.filter(({ metadata }) => /lora|quantization_m/.test(metadata["source"]));
  const passages = await splitPassages(guides);
  await store.addDocuments(passages);
  const bm25 = await Bm25Retriever.fromDocuments(passages);
  retriever = new TwoStageRetriever({
    candidates: new HybridRetriever({ retrievers: [new DenseRetriever({ store }), bm25] }),
    reranker,
    k: 8,
  });
});
afterAll(async () => {
  await embeddings.dispose();
  await reranker.dispose();
});

let stub: ChatStub;
let chain: AnswerChain;
beforeEach(async () => {
  stub = await ChatStub.start();
  chain = createAnswerChain({ retriever, llm: chatModels.ollama(stub), scoreThreshold: 0.1 });
});
afterEach(() => stub[Symbol.asyncDispose]());

test("a question about the guides is answered from the guide with the answer", async () => {
  stub.plan({ pieces: ["It freezes the weights ", "[1", "] [12]."] });
  const { answer, citations, documents, trace } = await chain.invoke(
    "How does LoRA reduce memory?",
  );
  expect(answer).toBe("It freezes the weights [1].");
  expect(citations).toMatchObject([{ number: 1, source: "lora_finetuning_guide.md" }]);
  expect(trace.inventedCitations).toMatchObject([{ marker: "[12]" }]);
  expect(trace.retrieval?.stages.map(({ name }) => name).toSorted()).toEqual([
    "Bm25Retriever",
    "DenseRetriever",
    "fusion",
    "rerank",
  ]);
  const found = trace.retrieval?.documents.length ?? 0;
  const given = trace.omitted.length + documents.length;
  expect(found).toBe(8);
  expect(given).toBeLessThanOrEqual(found);
  const sent = stub.requests[0]?.messages.at(-1)?.content ?? "";
  for (const { pageContent } of documents) {
    expect(
      sent.replaceAll("&lt;", "<").replaceAll("&#91;", "[").replaceAll("&amp;", "&"),
    ).toContain(pageContent);
  }
});

test("a question about something else is not sent to the model", async () => {
  const { answer, documents } = await chain.invoke("Who won the football world cup in 1954?");
  expect(answer).toBe("The documents do not contain the answer.");
  expect(documents).toEqual([]);
  expect(stub.requests).toEqual([]);
});
