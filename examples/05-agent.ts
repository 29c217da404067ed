// How does an agent search my documents? A fake model of @langchain/core stands in for the chat model here.
import { Document } from "@langchain/core/documents";
import { AIMessage, ToolMessage } from "@langchain/core/messages";
import { fakeModel } from "@langchain/core/testing";
import { createAgent } from "langchain";
import * as rerank from "langchain-rerank";

const texts = ["The roof was renewed in 2019.", "The heating is a heat pump of 2021."];
const documents = texts.map(
  (pageContent) => new Document({ pageContent, metadata: { source: "house.md" } }),
);
const reranker = new rerank.CrossEncoderReranker({ model: "rerank-minilm-l6" });
const candidates = await rerank.Bm25Retriever.fromDocuments(documents);
const searchHouse = rerank.createRetrievalTool({
  retriever: new rerank.TwoStageRetriever({ candidates, reranker }),
  name: "search_house",
  description: "Finds notes on the house. Search before you answer.",
});
// In your program: new ChatOpenAI({ model: "gpt-4.1-mini" }).
const model = fakeModel()
  .respondWithTools([{ name: "search_house", args: { query: "When was the roof renewed?" } }])
  .respond(new AIMessage("In 2019."));
const agent = createAgent({ model, tools: [searchHouse] });
const { messages } = await agent.invoke({ messages: "How old is the roof?" });
const search = messages.find((message) => ToolMessage.isInstance(message));
console.log("found:", search?.artifact[0].pageContent); // The documents, beside the text for the model.
console.log("answer:", messages.at(-1)?.text);
await reranker.dispose();
