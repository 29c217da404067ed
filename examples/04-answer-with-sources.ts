// How does a chat model answer with sources? A fake one of @langchain/core stands in for it here.
import { AIMessage } from "@langchain/core/messages";
import { fakeModel } from "@langchain/core/testing";
import { Document } from "@langchain/core/documents";
import * as rerank from "langchain-rerank";

const texts = {
  "opening.md": "The library opens at nine, on Saturdays at ten.",
  "lending.md": "Books are lent for four weeks, films for one week.",
  "fees.md": "Each day that a book is late costs 20 cents.",
};
const documents = Object.entries(texts).map(
  ([source, pageContent]) => new Document({ pageContent, metadata: { source } }),
);
const reranker = new rerank.CrossEncoderReranker({ model: "rerank-minilm-l6" });
const chain = rerank.createAnswerChain({
  retriever: new rerank.TwoStageRetriever({
    candidates: new rerank.CorpusSource(documents), // All three documents are candidates: no first stage.
    reranker,
  }),
  // In your program: new ChatOpenAI({ model: "gpt-4.1-mini" }). The second citation is invented.
  llm: fakeModel().respond(new AIMessage("For four weeks [1], or longer [7].")),
});
const { answer, citations, trace } = await chain.invoke("How long are books lent for?");
console.log(answer);
for (const { number, source } of citations) console.log(`[${number}] ${source}`);
console.log("taken out:", trace.inventedCitations.map(({ marker }) => marker).join());
await reranker.dispose();
