import {
  AIMessage,
  coerceMessageLikeToMessage,
  HumanMessage,
  SystemMessage,
  type BaseMessage,
  type BaseMessageLike,
} from "@langchain/core/messages";
import { refuseFilter } from "../documents/parse-filter.ts";
import { describe as describeValue, requireText, RetrievalError } from "../errors.ts";
import { nearestName } from "../options.ts";

/**
 * A question; a question with chat history; or a conversation that ends in a question, as a list or as the
 * state of a LangGraph agent. System messages are instructions to the model that answers.
 */
export type AnswerInput =
  | string
  | readonly BaseMessageLike[]
  | { readonly question: string; readonly chatHistory?: readonly BaseMessageLike[] | undefined }
  | { readonly messages: readonly BaseMessageLike[] };

export interface Asked {
  readonly question: string;
  /** The earlier messages of user and model that have text, oldest first. */
  readonly history: readonly BaseMessage[];
  /** The texts of system messages. */
  readonly instructions: readonly string[];
}

/**
 * Splits the input into question, chat history and instructions.
 *
 * @throws RetrievalError `invalid-input` if there is no question
 */
export function readAnswerInput(input: AnswerInput): Asked {
  if (typeof input === "string") return asked(input, []);
  if (isList(input)) return fromMessages(toMessages("messages", input));
  if (typeof input === "object" && input !== null && "messages" in input) {
    return fromMessages(toMessages("messages", input.messages));
  }
  if (typeof input === "object" && input !== null && "question" in input) {
    refuseFilter(input);
    refuseMisspelt(input);
    const { question, chatHistory = [] } = input;
    return asked(question, toMessages("chatHistory", chatHistory));
  }
  throw new RetrievalError(
    "invalid-input",
    `Expected a question as a string, a list of messages, \`{ question, chatHistory }\` or \`{ messages }\`, got ${describeValue(input)}.`,
  );
}

function isList(input: AnswerInput): input is readonly BaseMessageLike[] {
  return Array.isArray(input);
}

function asked(question: string, before: readonly BaseMessage[]): Asked {
  const withText = before.filter(({ text }) => text.trim() !== "");
  return {
    question: requireText("question", question),
    history: withText.filter(({ type }) => type === "human" || type === "ai"),
    instructions: withText.filter(({ type }) => type === "system").map(({ text }) => text),
  };
}

/**
 * Refuses chat history under a misspelt name, which would be ignored. Other fields are allowed, because chains
 * pass them on.
 */
function refuseMisspelt(input: object): void {
  const known = ["question", "chatHistory"];
  for (const [name, value] of Object.entries(input)) {
    if (value === undefined || known.includes(name)) continue;
    if (nearestName(name, known) !== "chatHistory") continue;
    throw new RetrievalError(
      "invalid-input",
      `Expected the chat history as \`chatHistory\`, got \`${name}\`. Did you mean \`chatHistory\`?`,
    );
  }
}

function fromMessages(messages: readonly BaseMessage[]): Asked {
  const last = messages.findLast(({ type }) => type !== "system");
  if (last?.type === "human" && last.text.trim() !== "") {
    return asked(
      last.text,
      messages.filter((message) => message !== last),
    );
  }
  throw new RetrievalError(
    "invalid-input",
    `Expected the last message to be the user's question, got ${last ? describe(last) : "no user or assistant message"}: pass the messages up to the question, or \`{ question, chatHistory }\`.`,
  );
}

function describe(message: BaseMessage): string {
  const calls: unknown = Reflect.get(message, "tool_calls");
  const names = (Array.isArray(calls) ? calls : []).map((call) =>
    String(Reflect.get(Object(call), "name")),
  );
  const what = `a message of type "${message.type}"`;
  if (names.length > 0)
    return `${what} that calls ${names.map((name) => JSON.stringify(name)).join(", ")}`;
  return message.text.trim() === "" ? `${what} without text` : what;
}

/** Names of the roles in messages that can have any role. */
const roles: Readonly<Record<string, "human" | "ai" | "system" | "tool">> = {
  human: "human",
  user: "human",
  ai: "ai",
  assistant: "ai",
  model: "ai",
  system: "system",
  developer: "system",
  tool: "tool",
  function: "tool",
};

function toMessages(field: string, given: readonly BaseMessageLike[]): BaseMessage[] {
  if (Array.isArray(given))
    return given.map((each, index) => toMessage(`${field}[${index}]`, each));
  throw new RetrievalError(
    "invalid-input",
    `Expected \`${field}\` to be a list of messages, got ${describeValue(given)}.`,
  );
}

function coerced(location: string, given: BaseMessageLike): BaseMessage {
  try {
    const message = coerceMessageLikeToMessage(given);
    // Reading the text detects invalid content.
    if (typeof message.text === "string") return message;
    throw new TypeError("The message has no text.");
  } catch (cause) {
    throw new RetrievalError(
      "invalid-input",
      `Expected \`${location}\` to be a message, \`[role, text]\` or \`{ role, content }\`, got ${describeValue(given)}.`,
      { cause },
    );
  }
}

/** Converts to a message whose type is its role, unlike a `ChatMessage`. */
function toMessage(location: string, given: BaseMessageLike): BaseMessage {
  const message = coerced(location, given);
  if (message.type !== "generic") return message;
  const role: unknown = Reflect.get(message, "role");
  const { content } = message;
  const known = typeof role === "string" && Object.hasOwn(roles, role) ? roles[role] : undefined;
  if (known === "human") return new HumanMessage({ content });
  if (known === "ai") return new AIMessage({ content });
  if (known === "system") return new SystemMessage({ content });
  if (known === "tool") return message;
  throw new RetrievalError(
    "invalid-input",
    `Expected the role of each message to be user, assistant, system or tool, got ${JSON.stringify(role)}: change the role, or leave the message out.`,
  );
}
