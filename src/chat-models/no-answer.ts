import { quoted } from "./failure-text.ts";
import type { ModelReply, ReplyKind } from "./model-reply.ts";

/** What an answer says if the documents do not contain one, unless an option says otherwise. */
export const defaultNothingFoundText = "The documents do not contain the answer.";

type Reply = Omit<ModelReply, "text">;

/** What the model returned instead of an answer. */
const instead: Readonly<Record<ReplyKind, string>> = {
  text: "an empty answer",
  empty: "an empty answer",
  filtered: "an answer withheld by a content filter",
  refusal: "a refusal instead of an answer",
  "tool-call": "a tool call instead of an answer",
  reasoning: "reasoning without an answer",
  "cut-off": "no text before it reached its token limit",
};

/** What to do about it. */
const waysOut: Readonly<Record<ReplyKind, string>> = {
  text: "ask again, or use another model",
  empty: "ask again, or use another model",
  filtered: "rephrase the request, or change the provider's filter",
  refusal: "rephrase the request, or use another model",
  "tool-call": "pass a model without tools",
  reasoning: "raise the model's token limit, or lower its reasoning effort",
  "cut-off": "raise the model's token limit",
};

/** The text to show instead of an answer: the model's words of refusal, or a sentence. */
export function noAnswerText({ kind, refusal }: Reply): string {
  return refusal.trim() === "" ? `The model returned ${instead[kind]}.` : refusal;
}

/** For an error: what the model returned instead of an answer, and why, if known. */
export function describeNoAnswer({ kind, refusal, finishReason }: Reply): string {
  const words = refusal.trim() === "" ? "" : `: ${quoted(refusal, 200)}`;
  const reason = finishReason === undefined ? "" : ` (finish reason ${quoted(finishReason, 80)})`;
  return `${instead[kind]}${words}${reason}`;
}

/** What to do if a model returned no answer. */
export function wayOutOf({ kind }: Reply): string {
  return waysOut[kind];
}
