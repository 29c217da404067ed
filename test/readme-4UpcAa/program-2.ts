import { ChatOpenAI } from "@langchain/openai";
import {
  Bm25Retriever,
  createAnswerChain,
  CrossEncoderReranker,
  DenseRetriever,
  HybridRetriever,
  indexFolder,
  OnnxEmbeddings,
  openChroma,
  TwoStageRetriever,
} from "langchain-rerank";

await using embeddings = new OnnxEmbeddings({ model: "all-MiniLM-L6-v2" });
await using reranker = new CrossEncoderReranker({ model: "rerank-minilm-l6" });
await using store = await openChroma(embeddings, { collectionName: "guides" });
const bm25 = new Bm25Retriever();
await indexFolder("sample_documents", { store, lexical: bm25 });

const chain = createAnswerChain({
  retriever: new TwoStageRetriever({
    candidates: new HybridRetriever({ retrievers: [new DenseRetriever({ store }), bm25] }),
    reranker,
  }),
  llm: new ChatOpenAI({ model: "gpt-5-mini" }),
  scoreThreshold: 0.1,
});

const signal = AbortSignal.timeout(60_000);
const stream = await chain.stream("How does LoRA reduce memory?", { signal });
for await (const { answer = "", citations = [] } of stream) {
  process.stdout.write(answer);
  for (const { number, source } of citations) console.log(`\n[${number}] ${source}`);
}
