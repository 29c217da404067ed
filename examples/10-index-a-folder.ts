// How do I index a folder of Markdown and text files, and search it? Run it twice: the second run embeds nothing.
import { join } from "node:path";
import * as rerank from "langchain-rerank";

const embeddings = new rerank.OnnxEmbeddings({ model: "all-MiniLM-L6-v2" });
const reranker = new rerank.CrossEncoderReranker({ model: "rerank-minilm-l6" });
// Starts a Chroma server with the data folder .langchain-rerank/chroma; it stops with this program.
const store = await rerank.openChroma(embeddings, { collectionName: "example-guides" });

const folder = join(import.meta.dirname, "../sample_documents");
const { files, passages, added, unchanged } = await rerank.indexFolder(folder, { store });
console.log(`${passages} passages of ${files} files: ${added} added, ${unchanged} unchanged`);

const retriever = new rerank.TwoStageRetriever({
  candidates: new rerank.DenseRetriever({ store }),
  reranker,
  k: 3,
  owned: [embeddings, store, reranker],
});
const trace = await retriever.search("How does LoRA reduce memory?");
console.log(rerank.renderTrace(trace, "text", { columns: 120 }));
await retriever.dispose();
