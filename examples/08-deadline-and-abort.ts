// How do I limit the time of a search, and end it when the user leaves?
import { join } from "node:path";
import * as rerank from "langchain-rerank";

const { documents } = await rerank.loadFolder(join(import.meta.dirname, "../sample_documents"));
const candidates = await rerank.Bm25Retriever.fromDocuments(await rerank.splitPassages(documents));
const reranker = new rerank.CrossEncoderReranker({ model: "rerank-minilm-l6", cache: false });
const retriever = new rerank.TwoStageRetriever({ candidates, reranker, candidateCount: 200 });

// A deadline is not an error: candidates scored in time come first, the others follow in first-stage order.
const question = "How much memory does a large model need?";
for (const deadlineMs of [undefined, 100]) {
  const { coverage } = await retriever.search(question, { deadlineMs });
  const limit = deadlineMs === undefined ? "no deadline" : `${deadlineMs} ms`;
  console.log(`${limit}: ${coverage.scored} of ${coverage.candidates} scored`);
}

// An aborted search rejects with the signal's reason, and its pairs leave the queue.
const user = new AbortController();
setTimeout(() => user.abort(new Error("the user left")), 100);
try {
  await retriever.invoke("How does a KV cache save time?", { signal: user.signal });
} catch (error) {
  console.log(`ended: ${String(error)}`);
}
await reranker.dispose();
