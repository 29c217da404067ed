// How do I rerank with a chat model, and what does it cost? A fake one of @langchain/core stands in for it here.
import { AIMessage } from "@langchain/core/messages";
import { fakeModel } from "@langchain/core/testing";
import { Document } from "@langchain/core/documents";
import { CorpusSource, CrossEncoderReranker, TwoStageRetriever } from "langchain-rerank";
import { ChatListReranker } from "langchain-rerank/rerankers";

const texts = ["The train leaves at noon.", "The lake is closed.", "Swim in the river."];
const documents = texts.map((pageContent) => new Document({ pageContent }));
// In your program: new ChatOpenAI({ model: "gpt-5-mini" }). The second reply has no order.
const replies = ["[3] > [2]", "I cannot rank passages."];
const llm = replies.reduce((model, text) => model.respond(new AIMessage(text)), fakeModel());
const ranker = new ChatListReranker({ llm, name: "fake", maxCalls: 2, maxTotalTokens: 10_000 });
const retriever = new TwoStageRetriever({
  candidates: new CorpusSource(documents), // All three documents are candidates: no first stage.
  reranker: new CrossEncoderReranker({ ranker }),
  onError: "continue",
});
for (const reply of replies) {
  const { documents: found, stages } = await retriever.search("Where can I swim?");
  const { usage, failure = "no failure" } = stages.at(-1) ?? {};
  console.log(reply, "->", found[0]?.pageContent, `${usage?.calls} call,`, failure);
}
