// answering/create-retrieval-tool.ts:47
import { Bm25Retriever, createRetrievalTool, loadFolder, splitPassages } from "langchain-rerank";

const { documents } = await loadFolder("sample_documents");
const passages = await splitPassages(documents);
const searchGuides = createRetrievalTool({
  retriever: await Bm25Retriever.fromDocuments(passages, { k: 5 }),
  name: "search_guides",
  description: "Finds passages of our guides. Search before you answer.",
});
console.log(await searchGuides.invoke({ query: "How does LoRA reduce memory?" }));
