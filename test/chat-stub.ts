import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { text as textOf } from "node:stream/consumers";
import { setTimeout as pause } from "node:timers/promises";

type ChatApi = "openai" | "azure" | "ollama";

interface ToolCall {
  readonly name: string;
  readonly args: Readonly<Record<string, unknown>>;
}

/** What the stub does with one request. */
export type ChatTurn =
  | {
      /** Text, in the pieces that a stream sends. */
      readonly pieces?: readonly string[];
      /** Before each piece. */
      readonly pauseMs?: number;
      readonly toolCalls?: readonly ToolCall[];
      /** For OpenAI without streaming: words of refusal, another finish reason, and an answer without usage. */
      readonly refusal?: string;
      readonly finishReason?: string;
      readonly isUsageHidden?: boolean;
      /** After the pieces: close the connection, or keep it and send nothing more; without pieces, ever. */
      readonly ending?: "break" | "hang";
    }
  | { readonly status: number; readonly retryAfterSeconds?: number };

interface ChatMessage {
  readonly role: string;
  readonly content: string;
}

export interface ChatRequest {
  readonly api: ChatApi;
  readonly path: string;
  readonly isStreamed: boolean;
  /** What was asked, as texts; `body` has all there was. */
  readonly messages: readonly ChatMessage[];
  readonly body: Readonly<Record<string, unknown>>;
  /** `answered`: the turn was played to its end; `left`: the client went away before that. */
  readonly outcome: "pending" | "answered" | "left";
}

/**
 * Chat models on this machine, at the endpoints of OpenAI, of an Azure OpenAI deployment and of Ollama. Each
 * request gets the next planned turn; a request too many is refused, as is one for another path.
 */
export class ChatStub implements AsyncDisposable {
  readonly requests: ChatRequest[] = [];
  readonly #server: Server;
  readonly #turns: ChatTurn[] = [];
  #decide: (request: ChatRequest) => ChatTurn = () => ({ status: 400 });

  private constructor() {
    this.#server = createServer((request, response) => {
      this.#answer(request, response).catch((error: Error) => response.destroy(error));
    });
  }

  static async start(): Promise<ChatStub> {
    const stub = new ChatStub();
    stub.#server.listen(0, "127.0.0.1");
    await once(stub.#server, "listening");
    return stub;
  }

  /** Where `AzureChatOpenAI` (`azureOpenAIEndpoint`) and `ChatOllama` (`baseUrl`) find it. */
  get url(): string {
    const address = this.#server.address();
    if (address === null || typeof address === "string")
      throw new Error("The stub does not listen.");
    return `http://127.0.0.1:${address.port}`;
  }

  /** Where `ChatOpenAI` finds it (`configuration.baseURL`). */
  get openAiUrl(): string {
    return `${this.url}/v1`;
  }

  /** The next requests get these turns, in this order. */
  plan(...turns: readonly ChatTurn[]): void {
    this.#turns.push(...turns);
  }

  /** Requests for which nothing is planned get what the request decides, as where several run at once. */
  planEach(decide: (request: ChatRequest) => ChatTurn): void {
    this.#decide = decide;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }

  async #answer(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const { url: path = "" } = incoming;
    const api = apiOf(path);
    const body = parsed(await textOf(incoming));
    if (api === undefined || incoming.method !== "POST" || body === undefined) {
      response.writeHead(404).end();
      return;
    }
    // Ollama streams unless it is told not to.
    const isStreamed = api === "ollama" ? body["stream"] !== false : body["stream"] === true;
    const messages = messagesOf(body);
    const request = { api, path, isStreamed, messages, body, outcome: "pending" as const };
    const seen: { -readonly [Key in keyof ChatRequest]: ChatRequest[Key] } = request;
    this.requests.push(seen);
    const gone = new AbortController();
    response.once("finish", () => (seen.outcome = "answered"));
    response.once("close", () => {
      if (seen.outcome === "pending") seen.outcome = "left";
      gone.abort();
    });
    const turn = this.#turns.shift() ?? this.#decide(seen);
    if ("status" in turn) {
      const { status, retryAfterSeconds: seconds } = turn;
      response.writeHead(status, {
        "content-type": "application/json",
        ...(seconds === undefined ? {} : { "retry-after": String(seconds) }),
      });
      const message = `The stub was told to answer ${status}.`;
      response.end(JSON.stringify({ error: api === "ollama" ? message : { message } }));
      return;
    }
    const { pieces = [], pauseMs = 0, toolCalls = [], ending } = turn;
    const wire =
      api === "ollama"
        ? ollamaWire(isStreamed)
        : openAiWire(isStreamed, this.requests.length, turn);
    const contents = isStreamed ? pieces : pieces.length > 0 ? [pieces.join("")] : [];
    response.setHeader("content-type", wire.contentType);
    for (const piece of contents) {
      if (pauseMs > 0) await pause(pauseMs, undefined, { signal: gone.signal }).catch(() => false);
      if (gone.signal.aborted) return;
      if (isStreamed) response.write(wire.piece(piece));
    }
    if (ending === "hang") return;
    if (ending === "break") {
      // What was streamed, or the beginning of an answer, is on its way when the connection ends.
      if (!isStreamed) response.write('{"model":');
      await pause(20);
      seen.outcome = "answered";
      response.destroy();
      return;
    }
    response.end(wire.end(isStreamed ? "" : contents.join(""), toolCalls));
  }
}

interface Wire {
  readonly contentType: string;
  /** A piece of a streamed text. */
  piece(text: string): string;
  /** What completes the answer; all of it where it is not streamed. */
  end(text: string, toolCalls: readonly ToolCall[]): string;
}

const usage = { prompt_tokens: 12, completion_tokens: 3, total_tokens: 15 };

type Whole = Pick<
  Extract<ChatTurn, { readonly pieces?: unknown }>,
  "refusal" | "finishReason" | "isUsageHidden"
>;

/** An agent takes answers, and calls, of one id for one and the same: `ordinal` tells them apart. */
function openAiWire(
  isStreamed: boolean,
  ordinal: number,
  { refusal, finishReason, isUsageHidden = false }: Whole,
): Wire {
  const head = { id: `chatcmpl-${ordinal}`, created: 1, model: "stub" };
  const event = (choices: readonly object[], rest: object = {}): string =>
    `data: ${JSON.stringify({ ...head, object: "chat.completion.chunk", choices, ...rest })}\n\n`;
  return {
    contentType: isStreamed ? "text/event-stream" : "application/json",
    piece: (content) =>
      event([{ index: 0, delta: { role: "assistant", content }, finish_reason: null }]),
    end(content, toolCalls) {
      const isCall = toolCalls.length > 0;
      const tool_calls = toolCalls.map(({ name, args }, index) => ({
        index,
        id: `call-${ordinal}-${index}`,
        type: "function",
        function: { name, arguments: JSON.stringify(args) },
      }));
      const message = { role: "assistant", content, ...(isCall ? { tool_calls } : {}) };
      const finish_reason = finishReason ?? (isCall ? "tool_calls" : "stop");
      if (isStreamed) {
        const last = event([{ index: 0, delta: message, finish_reason }]);
        return `${last}${event([], { usage })}data: [DONE]\n\n`;
      }
      const refused = refusal === undefined ? {} : { refusal };
      const choices = [{ index: 0, message: { ...message, ...refused }, finish_reason }];
      const counted = isUsageHidden ? {} : { usage };
      return JSON.stringify({ ...head, object: "chat.completion", choices, ...counted });
    },
  };
}

function ollamaWire(isStreamed: boolean): Wire {
  return {
    contentType: isStreamed ? "application/x-ndjson" : "application/json",
    piece: (content) => ollamaLine({ role: "assistant", content }, { done: false }),
    end(content, toolCalls) {
      const tool_calls = toolCalls.map(({ name, args }) => ({
        function: { name, arguments: args },
      }));
      const calls = tool_calls.length > 0 ? { tool_calls } : {};
      return ollamaLine(
        { role: "assistant", content, ...calls },
        {
          done: true,
          done_reason: "stop",
          prompt_eval_count: usage.prompt_tokens,
          eval_count: usage.completion_tokens,
        },
      );
    },
  };
}

function ollamaLine(message: object, rest: object): string {
  const head = { model: "stub", created_at: "2026-01-01T00:00:00Z" };
  return `${JSON.stringify({ ...head, message, ...rest })}\n`;
}

function apiOf(path: string): ChatApi | undefined {
  if (/^\/v1\/chat\/completions$/.test(path)) return "openai";
  if (/^\/openai\/deployments\/[^/]+\/chat\/completions\?api-version=[^&]+$/.test(path))
    return "azure";
  return path === "/api/chat" ? "ollama" : undefined;
}

function parsed(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function messagesOf(body: Readonly<Record<string, unknown>>): ChatMessage[] {
  const { messages } = body;
  if (!Array.isArray(messages)) return [];
  return messages
    .filter(isRecord)
    .map(({ role, content }) => ({ role: String(role), content: contentOf(content) }));
}

/** A message's content is a text, or parts of which some are texts. */
function contentOf(content: unknown): string {
  if (!Array.isArray(content)) return typeof content === "string" ? content : "";
  return content
    .filter(isRecord)
    .map(({ text }) => (typeof text === "string" ? text : ""))
    .join("");
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
