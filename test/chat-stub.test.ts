import type { BaseChatModel } from "@langchain/core/language_models/chat_models";
import { tool } from "@langchain/core/tools";
import { ChatOllama } from "@langchain/ollama";
import { AzureChatOpenAI, ChatOpenAI } from "@langchain/openai";
import { createAgent } from "langchain";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { ChatStub } from "./chat-stub.ts";

let stub: ChatStub;
beforeEach(async () => {
  stub = await ChatStub.start();
});
afterEach(() => stub[Symbol.asyncDispose]());

/** Each of the classes as its user makes it, with the stub in place of the service. */
const classes = {
  openai: (): BaseChatModel =>
    new ChatOpenAI({ model: "stub", apiKey: "none", configuration: { baseURL: stub.openAiUrl } }),
  azure: (): BaseChatModel =>
    new AzureChatOpenAI({
      azureOpenAIApiKey: "none",
      azureOpenAIEndpoint: stub.url,
      azureOpenAIApiDeploymentName: "stub",
      azureOpenAIApiVersion: "2024-10-21",
    }),
  ollama: (): BaseChatModel => new ChatOllama({ model: "stub", baseUrl: stub.url }),
} as const;

async function piecesOf(model: BaseChatModel, signal?: AbortSignal): Promise<string[]> {
  const pieces: string[] = [];
  const stream = await model.stream("Hello?", signal === undefined ? {} : { signal });
  for await (const { text } of stream) if (text !== "") pieces.push(text);
  return pieces;
}

describe.each(["openai", "azure", "ollama"] as const)("the stub as %s", (api) => {
  test("streams its pieces one by one, and records the requests", async () => {
    stub.plan({ pieces: ["Two", " stages", "."], pauseMs: 5 });
    expect(await piecesOf(classes[api]())).toEqual(["Two", " stages", "."]);
    expect(stub.requests).toMatchObject([
      {
        api,
        isStreamed: true,
        messages: [{ role: "user", content: "Hello?" }],
        outcome: "answered",
      },
    ]);
  });

  test("gives the whole answer to a call", async () => {
    stub.plan({ pieces: ["Two", " stages"] });
    expect((await classes[api]().invoke("Hello?")).text).toBe("Two stages");
  });

  test("asks an agent for a tool, and receives the tool's result", async () => {
    stub.plan({ toolCalls: [{ name: "add", args: { a: 1 } }] }, { pieces: ["Two."] });
    const add = tool(() => "2", {
      name: "add",
      description: "Adds one.",
      schema: { type: "object", properties: { a: { type: "number" } }, required: ["a"] },
    });
    const agent = createAgent({ model: classes[api](), tools: [add] });
    const { messages } = await agent.invoke({ messages: "Add one to one." });
    expect(messages.at(-1)?.text).toBe("Two.");
    expect(stub.requests[0]?.body["tools"]).toMatchObject([{ function: { name: "add" } }]);
    expect(stub.requests[1]?.messages.at(-1)).toEqual({ role: "tool", content: "2" });
  });

  test("a rate limit is tried again", async () => {
    stub.plan({ status: 429, retryAfterSeconds: 0 }, { pieces: ["Yes."] });
    const model = classes[api]();
    // ChatOllama does not try again by itself.
    const patient = api === "ollama" ? model.withRetry({ stopAfterAttempt: 2 }) : model;
    expect((await patient.invoke("Hello?")).text).toBe("Yes.");
    expect(stub.requests).toHaveLength(2);
  });

  test("a failure and an answer that breaks off are errors", async () => {
    stub.plan({ status: 400 }, { pieces: ["Two", " stages"], ending: "break" });
    await expect(classes[api]().invoke("Hello?")).rejects.toThrow("400");
    await expect(piecesOf(classes[api]())).rejects.toThrow(/./);
  });

  test("an answer that never comes ends with the signal, and so does one that stops in the middle", async () => {
    for (const pieces of [[], ["Two"]]) {
      const controller = new AbortController();
      stub.plan({ pieces, ending: "hang" });
      const waiting = piecesOf(classes[api](), controller.signal);
      const { length } = stub.requests;
      await vi.waitFor(() => expect(stub.requests.length).toBeGreaterThan(length));
      controller.abort();
      await expect(waiting).rejects.toThrow(/abort/i);
      // ChatOllama looks at the signal when a piece comes: its caller is free, the connection stays.
      const outcome = api === "ollama" ? "pending" : "left";
      await vi.waitFor(() => expect(stub.requests.at(-1)?.outcome).toBe(outcome));
    }
  });
});

test("the stub refuses unplanned requests, and answers concurrent requests by their content", async () => {
  await expect(classes.openai().invoke("Hello?")).rejects.toThrow("400");
  stub.planEach(({ messages }) => ({ pieces: [`You said ${messages.at(-1)?.content}`] }));
  const answers = await classes.openai().batch(["one", "two"]);
  expect(answers.map(({ text }) => text)).toEqual(["You said one", "You said two"]);
});
