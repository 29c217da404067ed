import { ChatOpenAI } from "@langchain/openai";
import { createAgent } from "langchain";
import {
  createRetrievalTool,
  CrossEncoderReranker,
  DenseRetriever,
  indexFolder,
  OnnxEmbeddings,
  openChroma,
  TwoStageRetriever,
} from "langchain-rerank";

await using embeddings = new OnnxEmbeddings({ model: "all-MiniLM-L6-v2" });
await using reranker = new CrossEncoderReranker({ model: "rerank-minilm-l6" });
await using store = await openChroma(embeddings, { collectionName: "guides" });
await indexFolder("sample_documents", { store });

const searchGuides = createRetrievalTool({
  retriever: new TwoStageRetriever({ candidates: new DenseRetriever({ store }), reranker }),
  name: "search_guides",
  description: "Finds passages of our guides on fine-tuning and serving. Search before you answer.",
});
const agent = createAgent({ model: new ChatOpenAI({ model: "gpt-5-mini" }), tools: [searchGuides] });
const { messages } = await agent.invoke({ messages: "How does LoRA reduce memory?" });
console.log(messages.at(-1)?.text);
