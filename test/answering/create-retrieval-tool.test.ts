import { Document } from "@langchain/core/documents";
import { ToolMessage } from "@langchain/core/messages";
import { createAgent } from "langchain";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createRetrievalTool } from "../../src/answering/create-retrieval-tool.ts";
import { ChatStub } from "../chat-stub.ts";
import { chatModels, documents, ListRetriever } from "./answering.ts";

let stub: ChatStub;
beforeEach(async () => {
  stub = await ChatStub.start();
});
afterEach(() => stub[Symbol.asyncDispose]());

const found = [...documents, new Document({ pageContent: "GPTQ without id." })];

/** Finds documents whose text has a word of the query. */
class WordRetriever extends ListRetriever {
  override async _getRelevantDocuments(query: string): Promise<Document[]> {
    return found.filter(({ pageContent }) =>
      query.split(" ").some((word) => pageContent.includes(word)),
    );
  }
}

const call = (query: string) => ({ name: "search_documents", args: { query } });

test("an agent that searches twice at once, and once more, has one id for each passage", async () => {
  stub.plan(
    { toolCalls: [call("LoRA"), call("weights GPTQ")] },
    { toolCalls: [call("GPTQ")] },
    { pieces: ["It does."] },
  );
  const retriever = new WordRetriever(found);
  const tools = [createRetrievalTool({ retriever, description: "Guides." })];
  const agent = createAgent({ model: chatModels.openai(stub), tools });
  const { messages } = await agent.invoke({ messages: "Does it?" });

  const results = messages.filter((message) => message instanceof ToolMessage);
  expect(results).toHaveLength(3);
  const texts = new Map<string, Set<string>>();
  for (const { text, artifact } of results) {
    const shown = [...text.matchAll(/<passage id="([^"]+)"[^>]*>\n(.*)\n<\/passage>/g)];
    const given: Document[] = artifact;
    expect(shown.map(([, id]) => id)).toEqual(
      given.map(({ metadata }) => metadata["retrieval"].passageId),
    );
    for (const [, id = "", passage = ""] of shown) {
      texts.set(id, (texts.get(id) ?? new Set()).add(passage));
    }
  }
  expect(texts.size).toBe(4);
  expect([...texts.values()].every((same) => same.size === 1)).toBe(true);
  expect(documents[0]?.metadata).not.toHaveProperty("retrieval");
});
