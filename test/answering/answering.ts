import type { CallbackManagerForRetrieverRun } from "@langchain/core/callbacks/manager";
import { Document } from "@langchain/core/documents";
import { BaseChatModel } from "@langchain/core/language_models/chat_models";
import {
  AIMessageChunk,
  type AIMessageChunkFields,
  type BaseMessage,
} from "@langchain/core/messages";
import { ChatGenerationChunk, type ChatResult } from "@langchain/core/outputs";
import { BaseRetriever } from "@langchain/core/retrievers";
import { ChatOllama } from "@langchain/ollama";
import { AzureChatOpenAI, ChatOpenAI } from "@langchain/openai";
import type { AnswerChunk } from "../../src/index.ts";
import type { ChatStub } from "../chat-stub.ts";
import { deepFreeze } from "../deep-freeze.ts";

/** LangChain's classes as their users make them, with the stub in place of the service. */
export const chatModels = {
  openai: (stub: ChatStub, maxRetries = 0): BaseChatModel =>
    new ChatOpenAI({
      model: "stub",
      apiKey: "none",
      configuration: { baseURL: stub.openAiUrl },
      maxRetries,
    }),
  azure: (stub: ChatStub, maxRetries = 0): BaseChatModel =>
    new AzureChatOpenAI({
      azureOpenAIApiKey: "none",
      azureOpenAIEndpoint: stub.url,
      azureOpenAIApiDeploymentName: "stub",
      azureOpenAIApiVersion: "2024-10-21",
      maxRetries,
    }),
  ollama: (stub: ChatStub): BaseChatModel => new ChatOllama({ model: "stub", baseUrl: stub.url }),
} as const;

/** A retriever of LangChain's kind: gives these documents to every question, and keeps what it was asked. */
export class ListRetriever extends BaseRetriever {
  override lc_namespace: string[] = ["test"];
  readonly asked: string[] = [];
  readonly #documents: readonly Document[];
  readonly #before: () => Promise<unknown>;

  constructor(documents: readonly Document[], before = async (): Promise<unknown> => undefined) {
    super();
    this.#documents = deepFreeze([...documents]);
    this.#before = before;
  }

  override async _getRelevantDocuments(
    query: string,
    _runManager?: CallbackManagerForRetrieverRun,
  ): Promise<Document[]> {
    this.asked.push(query);
    await this.#before();
    return [...this.#documents];
  }
}

export const documents = [
  new Document({
    id: "lora",
    pageContent: "LoRA freezes the weights and trains two small matrices.",
    metadata: { source: "lora.md", headingPath: "LoRA", relevanceScore: 0.9 },
  }),
  new Document({
    id: "qlora",
    pageContent: "QLoRA keeps the frozen weights in four bits.",
    metadata: { source: "lora.md", headingPath: "QLoRA", relevanceScore: 0.6 },
  }),
  new Document({
    id: "gptq",
    pageContent: "GPTQ quantizes column by column.",
    metadata: { source: "quantization.md", relevanceScore: 0.2 },
  }),
];

/** A chunk of a message, or the text of one. */
export type Said = string | AIMessageChunkFields;

/** A chat model that says these messages, chunk by chunk where it is streamed, whatever it is asked; keeps the prompts. */
export class SayingModel extends BaseChatModel {
  readonly prompts: BaseMessage[][] = [];
  readonly #chunks: readonly AIMessageChunk[];

  constructor(...said: readonly Said[]) {
    super({});
    this.#chunks = said.map(
      (each) => new AIMessageChunk(typeof each === "string" ? { content: each } : each),
    );
  }

  override _llmType(): string {
    return "saying";
  }

  override async _generate(messages: BaseMessage[]): Promise<ChatResult> {
    this.prompts.push(messages);
    const [first, ...others] = this.#chunks;
    const message = others.reduce(
      (left, right) => left.concat(right),
      first ?? new AIMessageChunk(""),
    );
    return { generations: [{ text: message.text, message }] };
  }

  override async *_streamResponseChunks(
    messages: BaseMessage[],
  ): AsyncGenerator<ChatGenerationChunk> {
    this.prompts.push(messages);
    for (const message of this.#chunks)
      yield new ChatGenerationChunk({ text: message.text, message });
  }
}

/** The pieces of a streamed answer, joined. */
export async function streamed(stream: Promise<AsyncIterable<AnswerChunk>>): Promise<AnswerChunk> {
  const whole: AnswerChunk = {};
  let text = "";
  for await (const { answer = "", ...rest } of await stream) {
    text += answer;
    Object.assign(whole, rest);
  }
  return { ...whole, answer: text };
}
