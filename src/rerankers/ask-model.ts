import type { BaseLanguageModelInput } from "@langchain/core/language_models/base";
import type { BaseMessage } from "@langchain/core/messages";
import type { RunnableInterface } from "@langchain/core/runnables";
import { failureText, quoted } from "../chat-models/failure-text.ts";
import { readReply, type ModelReply } from "../chat-models/model-reply.ts";
import { describeNoAnswer, wayOutOf } from "../chat-models/no-answer.ts";
import { tokenUsageOf, type TokenUsage } from "../chat-models/token-usage.ts";
import { messageOf, RetrievalError } from "../errors.ts";
import { estimateTokens } from "../text/estimate-tokens.ts";
import type { CallBudget } from "./call-budget.ts";

/** A model, or one that gives `{ raw, parsed }`: its message, and the value that LangChain read from it. */
export type AskedModel = RunnableInterface<BaseLanguageModelInput, unknown>;

/** A model's reply, with the value that LangChain read from it, if it was asked to. */
export interface ChatReply extends ModelReply {
  readonly parsed: unknown;
}

/**
 * Asks the model once; `undefined` if the budget has no room for it.
 *
 * @throws `no-answer` if the model fails; the signal's reason if the signal is aborted
 */
export async function askModel(
  model: AskedModel,
  prompt: readonly BaseMessage[],
  { name, budget, signal }: Asking,
): Promise<ChatReply | undefined> {
  const expected = tokensOf(prompt);
  if (!budget.reserve(expected)) return undefined;
  let used: TokenUsage | undefined;
  try {
    const output = await model.invoke([...prompt], { signal });
    const [message, parsed] = partsOf(output);
    const reply = message === undefined ? noMessage : readReply(message, "llm");
    const text = message === undefined ? JSON.stringify(parsed) : reply.text;
    used = tokenUsageOf(message, { expected, text });
    return { ...reply, parsed };
  } catch (error) {
    // Without a status of the server, the model may have read the prompt.
    if (statusOf(error) === undefined) {
      used ??= { inputTokens: expected, outputTokens: 0, isEstimated: true };
    }
    signal.throwIfAborted();
    if (error instanceof RetrievalError) throw error;
    throw new RetrievalError("no-answer", `The model ${name} failed: ${failureText(error)}`, {
      cause: error,
    });
  } finally {
    budget.settle(expected, used);
  }
}

/** Who asks, and what limits it. */
export interface Asking {
  /** The model's name, for errors. */
  readonly name: string;
  readonly budget: CallBudget;
  readonly signal: AbortSignal;
}

/**
 * Whether another form of the request may succeed: the server refused this one, or LangChain the reply. A connection
 * that failed says nothing about the form.
 */
export function mayBeForm(error: RetrievalError): boolean {
  const status = statusOf(error.cause);
  if (status !== undefined) return [400, 404, 422, 501].includes(status);
  return error.cause !== undefined && !isOfConnection(error.cause);
}

/** The server's status, where the clients of the providers put it. */
function statusOf(error: unknown): number | undefined {
  const [own, response, metadata] = [
    error,
    fieldOf(error, "response"),
    fieldOf(error, "$metadata"),
  ];
  const statuses = [
    fieldOf(own, "status"),
    fieldOf(own, "status_code"),
    fieldOf(own, "statusCode"),
    fieldOf(response, "status"),
    fieldOf(metadata, "httpStatusCode"),
  ];
  return statuses.find((status) => typeof status === "number");
}

/** Whether the error or one of its causes says that the request did not reach the server, or the answer the client. */
function isOfConnection(error: unknown): boolean {
  let cause = error;
  for (let depth = 0; depth < 8 && typeof cause === "object" && cause !== null; depth += 1) {
    const code = fieldOf(cause, "code");
    if (typeof code === "string" && connectionCodes.test(code)) return true;
    if (connectionNames.test(String(fieldOf(cause, "name")))) return true;
    if (connectionWords.test(messageOf(cause))) return true;
    const [first] = [fieldOf(cause, "errors")].flat(1);
    cause = fieldOf(cause, "cause") ?? first;
  }
  return false;
}

const connectionCodes =
  /^(?:E(?:CONN\w+|NOTFOUND|TIMEDOUT|AI_\w+|PIPE|HOST\w+|NET\w+|PROTO)|UND_ERR_\w+|ERR_(?:TLS|SSL|NETWORK|HTTP2|STREAM)\w*|CERT_\w+|\w*SELF_SIGNED_CERT\w*|UNABLE_TO_\w+)$/;
const connectionNames =
  /^(?:AbortError|TimeoutError|FetchError|API(?:Connection\w*|UserAbort)Error)$/;
/** The messages of clients that keep no error code. */
const connectionWords =
  /^(?:fetch failed|failed to fetch|terminated|network ?error|connection error\.?|(?:request |connection )?timed out\.?|request was aborted\.?|socket hang up|other side closed|premature close)$|\bE(?:CONNRESET|CONNREFUSED|NOTFOUND|TIMEDOUT|AI_AGAIN|PIPE)\b/i;

function fieldOf(value: unknown, field: string): unknown {
  return Reflect.get(Object(value), field);
}

/** The estimated tokens of a prompt. */
export function tokensOf(prompt: readonly BaseMessage[]): number {
  return prompt.reduce((sum, message) => sum + estimateTokens(message.text), 0);
}

/** The error for a reply that is not what was asked for; `value` is what LangChain read from it, if that is wrong. */
export function unreadable(
  name: string,
  expected: string,
  reply: ChatReply,
  value?: string,
): RetrievalError {
  const isGiven = reply.kind === "text" || reply.kind === "cut-off";
  const text = isGiven && reply.text.trim() !== "" ? quoted(reply.text.trim(), 80) : undefined;
  const isWrong = text === undefined ? value !== undefined : reply.kind === "text";
  const got = text ?? value ?? describeNoAnswer(reply);
  const wayOut = isWrong ? "use a larger model" : wayOutOf(reply);
  return new RetrievalError(
    "no-answer",
    `Expected ${expected} from ${name}, got ${got}: ${wayOut}.`,
  );
}

const noMessage: ModelReply = { text: "", kind: "empty", finishReason: undefined, refusal: "" };

/** Some models give the read value alone, although they are asked for their message, too. */
function partsOf(output: unknown): readonly [message: unknown, parsed: unknown] {
  if (typeof output === "string") return [output, undefined];
  const raw: unknown = Reflect.get(Object(output), "raw");
  if (raw !== undefined) return [raw, Reflect.get(Object(output), "parsed")];
  const isMessage = Reflect.get(Object(output), "content") !== undefined;
  return isMessage ? [output, undefined] : [undefined, output];
}
