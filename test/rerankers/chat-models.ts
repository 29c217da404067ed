import { ChatOllama } from "@langchain/ollama";
import { ChatOpenAI } from "@langchain/openai";
import type { ChatRequest, ChatStub, ChatTurn } from "../chat-stub.ts";

/** LangChain's class as its user makes it, with the stub in place of the service. */
export function openAi(stub: ChatStub): ChatOpenAI {
  return new ChatOpenAI({
    model: "stub",
    apiKey: "none",
    configuration: { baseURL: stub.openAiUrl },
    maxRetries: 0,
  });
}

export function ollama(stub: ChatStub): ChatOllama {
  return new ChatOllama({ model: "stub", baseUrl: stub.url });
}

/** The passages that a request shows, in the order of their numbers, as they were escaped. */
export function passagesOf(request: ChatRequest | undefined): string[] {
  const shown = request?.messages.at(-1)?.content ?? "";
  return Array.from(
    shown.matchAll(/^<passage number="\d+">\n(.*?)\n<\/passage>$/gms),
    ([, text = ""]) => text,
  );
}

/** The number at the end of a text, by which the stub's model judges it. */
function worthOf(text: string): number {
  return Number(/(\d+)$/.exec(text)?.[1] ?? 0);
}

/** Grades a passage by the number at its end. */
export function gradeByNumber(request: ChatRequest): ChatTurn {
  return { pieces: [JSON.stringify({ grade: worthOf(passagesOf(request)[0] ?? "") })] };
}

/** Orders passages by the numbers at their ends, the largest first. */
export function orderByNumber(request: ChatRequest): ChatTurn {
  const order = passagesOf(request)
    .map((text, index) => ({ worth: worthOf(text), number: index + 1 }))
    .toSorted((a, b) => b.worth - a.worth);
  return { pieces: [order.map(({ number }) => `[${number}]`).join(" > ")] };
}
