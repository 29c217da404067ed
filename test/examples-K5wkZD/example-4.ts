// embeddings/onnx-embeddings.ts:57
import { OnnxEmbeddings } from "langchain-rerank";

await using embeddings = new OnnxEmbeddings({ model: "all-MiniLM-L6-v2" });
const query = await embeddings.embedQuery("How does LoRA reduce memory?");
const [passage = []] = await embeddings.embedDocuments(["LoRA trains two small matrices."]);
// The vectors have length 1, so their dot product is the cosine similarity.
console.log(query.reduce((sum, value, index) => sum + value * (passage[index] ?? 0), 0));
