import {
  coerceMessageLikeToMessage,
  type BaseMessage,
  type BaseMessageLike,
} from "@langchain/core/messages";
import { refuseFilter } from "../../documents/parse-filter.ts";
import { requireText, RetrievalError } from "../../errors.ts";

/**
 * A question; or one with the conversation before it; or a conversation that ends in one, as a list or as
 * the state of a LangGraph agent.
 */
export type AnswerInput =
  | string
  | readonly BaseMessageLike[]
  | { readonly question: string; readonly chatHistory?: readonly BaseMessageLike[] | undefined }
  | { readonly messages: readonly BaseMessageLike[] };

export interface Asked {
  readonly question: string;
  /** What was said before, first things first: messages of person and model that have text. */
  readonly history: readonly BaseMessage[];
}

/** @throws RetrievalError `invalid-input` where there is no question */
export function readAnswerInput(input: AnswerInput): Asked {
  if (typeof input === "string") return { question: requireText("question", input), history: [] };
  if (isList(input)) return fromMessages(input);
  if (typeof input === "object" && input !== null && "messages" in input) {
    return fromMessages(input.messages);
  }
  if (typeof input === "object" && input !== null && "question" in input) {
    refuseFilter(input);
    const { question, chatHistory = [] } = input;
    return { question: requireText("question", question), history: spoken(chatHistory) };
  }
  throw new RetrievalError(
    "invalid-input",
    "Expected a question: a text, a list of messages, `{ question, chatHistory }` or `{ messages }`.",
  );
}

function isList(input: AnswerInput): input is readonly BaseMessageLike[] {
  return Array.isArray(input);
}

function fromMessages(messages: readonly BaseMessageLike[]): Asked {
  const turns = spoken(messages);
  const last = turns.at(-1);
  if (last?.type === "human") return { question: last.text, history: turns.slice(0, -1) };
  throw new RetrievalError(
    "invalid-input",
    `Expected messages that end in one of a person, the question, got ${last ? `one of type "${last.type}"` : "none with text"} at the end.`,
  );
}

function spoken(messages: readonly BaseMessageLike[]): BaseMessage[] {
  return messages
    .map((message) => coerceMessageLikeToMessage(message))
    .filter(({ type, text }) => (type === "human" || type === "ai") && text.trim() !== "");
}
