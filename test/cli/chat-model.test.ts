import { createServer, type Server } from "node:http";
import { FakeListChatModel } from "@langchain/core/utils/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { AnswerChunk } from "../../src/answering/answer.ts";
import { openChatModel, withPatience, type AnswerConfig } from "../../src/cli/chat-model.ts";

let server: Server;
let origin: string;
beforeAll(async () => {
  server = createServer((_request, response) => response.end("ok"));
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (typeof address === "object") origin = `http://127.0.0.1:${address?.port}`;
});
afterAll(() => void server.close());

const ask = async (url: string): Promise<unknown> => (await fetch(url)).text();

/** A model that fails, behind a request of its own where it has an address. */
class FailingModel extends FakeListChatModel {
  readonly url: string | undefined;

  constructor(url?: string) {
    super({ responses: ["never"] });
    this.url = url;
  }

  override async _generate(): Promise<never> {
    if (this.url !== undefined) await ask(this.url);
    throw new Error("Missing credentials");
  }
}

/** As the answer chain: asks a store, gives what it found, then asks the model. */
async function* answer(
  model: FailingModel,
  { signal, callbacks }: AnswerConfig,
): AsyncGenerator<AnswerChunk> {
  await ask(`${origin}/store`);
  yield { documents: [] };
  await model.invoke("any", { signal, callbacks });
}

async function failureOf(model: FailingModel): Promise<unknown> {
  const signal = new AbortController().signal;
  const pieces = withPatience(async (config) => answer(model, config), {
    name: "openai:small",
    seconds: 60,
    signal,
  });
  try {
    for await (const piece of pieces) expect(piece.documents).toEqual([]);
  } catch (error) {
    return error;
  }
  return undefined;
}

describe("a chat model that fails", () => {
  test("is not reported at the address of the store", async () => {
    expect(await failureOf(new FailingModel())).toMatchObject({
      code: "no-answer",
      message: "The chat model openai:small did not answer: Missing credentials.",
    });
  });

  test("is reported at the address that was asked", async () => {
    expect(await failureOf(new FailingModel(`${origin}/model`))).toMatchObject({
      message: `The chat model openai:small at ${origin} did not answer: Missing credentials.`,
    });
  });
});

test.each(["openai:", "openai: ", ":", ":gpt-4.1-mini", " :x"])(
  "%o is refused as the name of a chat model",
  async (name) => {
    await expect(openChatModel(name)).rejects.toMatchObject({
      code: "invalid-option",
      message: expect.stringMatching(/^Expected a chat model as provider:model, such as/),
    });
  },
);
