import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { BaseCallbackHandler } from "@langchain/core/callbacks/base";
import type { BaseChatModel } from "@langchain/core/language_models/chat_models";
import type { RunnableConfig } from "@langchain/core/runnables";
import { RetrievalError } from "../errors.ts";
import type { AnswerChunk } from "../answering/answer.ts";
import { failureText } from "../chat-models/failure-text.ts";

/** Opens a chat model by its name on the command line, such as `openai:gpt-4.1-mini`. */
export async function openChatModel(name: string): Promise<BaseChatModel> {
  const { initChatModel } = await import("langchain/chat_models/universal").catch(
    (cause: unknown) => {
      throw new RetrievalError(
        "missing-dependency",
        "Expected LangChain's main package and the provider's package to be installed: run `npm install langchain @langchain/openai`, or @langchain/ollama and so on.",
        { cause },
      );
    },
  );
  if (/^\s*:|:\s*$/.test(name)) {
    throw new RetrievalError(
      "invalid-option",
      `Expected a chat model as provider:model, such as openai:gpt-4.1-mini, got "${name}".`,
    );
  }
  try {
    // The default of six retries takes more than a minute, too long for an interactive command.
    return await initChatModel(name, { maxRetries: 1 });
  } catch (cause) {
    throw new RetrievalError(
      "invalid-option",
      `Expected a chat model as provider:model, got "${name}": ${messagesOf(cause)}`,
      { cause },
    );
  }
}

export interface PatienceOptions {
  /** The name of the chat model, for errors. */
  readonly name: string;
  /** Maximum time in seconds that the chat model may send nothing. */
  readonly seconds: number;
  /** Aborts the wait. */
  readonly signal: AbortSignal;
}

/** The config with which an answer is requested. */
export type AnswerConfig = Required<Pick<RunnableConfig, "signal" | "callbacks">>;

/**
 * Yields the pieces of an answer, which `start` requests with its own signal and callbacks. The chat model's
 * time starts with the piece that has the documents, and restarts with every further piece.
 *
 * @throws `no-answer` if the chat model fails or sends nothing for too long, with its host and the cause
 */
export async function* withPatience(
  start: (config: AnswerConfig) => Promise<AsyncIterable<AnswerChunk>>,
  { name, seconds, signal }: PatienceOptions,
): AsyncGenerator<AnswerChunk> {
  const silence = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  using requests = watchRequests();
  try {
    const config = {
      signal: AbortSignal.any([signal, silence.signal]),
      callbacks: [modelStart(() => requests.forget())],
    };
    for await (const piece of await start(config)) {
      clearTimeout(timer);
      yield piece;
      timer = setTimeout(() => silence.abort(), seconds * 1000);
    }
  } catch (cause) {
    if (timer === undefined || signal.aborted || cause instanceof RetrievalError) throw cause;
    const who = `The chat model ${name}${requests.origin ? ` at ${requests.origin}` : ""}`;
    const what = silence.signal.aborted
      ? `sent nothing for ${seconds} s: check that it is running, or wait longer with --timeout <seconds>.`
      : `did not answer: ${messagesOf(cause)}.`;
    throw new RetrievalError("no-answer", `${who} ${what}`, { cause });
  } finally {
    clearTimeout(timer);
  }
}

/** Calls back before the chat model is called: earlier requests belong to the retrieval. */
function modelStart(onStart: () => void): BaseCallbackHandler {
  const handler = BaseCallbackHandler.fromMethods({
    handleChatModelStart: onStart,
    handleLLMStart: onStart,
  });
  // Without it, the callback may come after the model has begun its request.
  handler.awaitHandlers = true;
  return handler;
}

interface Requests extends Disposable {
  readonly origin: string | undefined;
  forget(): void;
}

/** The origin of the last request by `fetch`; Node reports requests, other runtimes do not. */
function watchRequests(): Requests {
  let origin: string | undefined;
  const listener = (message: unknown): void => {
    const request: unknown = Reflect.get(Object(message), "request");
    const found: unknown = Reflect.get(Object(request), "origin");
    if (typeof found === "string" || found instanceof URL) origin = new URL(found).origin;
  };
  subscribe("undici:request:create", listener);
  return {
    get origin() {
      return origin;
    },
    forget() {
      origin = undefined;
    },
    [Symbol.dispose]: () => void unsubscribe("undici:request:create", listener),
  };
}

/** An error and its causes as one string, outermost first, without repetitions. */
function messagesOf(error: unknown): string {
  const found: string[] = [];
  for (let cause = error; cause instanceof Error && found.length < 8; cause = innerOf(cause)) {
    const message = cause.message.trim().replace(/[.:]+$/, "");
    if (message !== "" && !found.some((outer) => outer.includes(message))) found.push(message);
  }
  return failureText(found.length > 0 ? found.join(": ") : error);
}

/** A host with several addresses fails with one error for each. */
function innerOf(error: Error): unknown {
  return error instanceof AggregateError ? error.errors[0] : error.cause;
}
