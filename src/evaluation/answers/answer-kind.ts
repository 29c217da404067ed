import { noAnswerText } from "../../chat-models/no-answer.ts";
import { describe, RetrievalError } from "../../errors.ts";
import { plainWords } from "../../text/plain-words.ts";
import type { ChainAnswer, ChainCitation } from "./answering-chain.ts";

/**
 * What an answer is: `answered`; `refused`, if it only says that the documents do not contain the answer, or the model
 * declined; `no-text`, if the model returned no text.
 */
export type AnswerKind = "answered" | "refused" | "no-text";

/** How a refusal is recognised. */
export interface RefusalOptions {
  /** The chain's option: an answer that says only this is a refusal. */
  readonly nothingFoundText: string;
  /** Recognises further refusals. */
  readonly isRefusal?: ((answer: string) => boolean) | undefined;
}

/** Says what an answer is; its markers do not count. */
export function answerKind(
  { answer, citations, trace }: ChainAnswer,
  { nothingFoundText, isRefusal }: RefusalOptions,
): AnswerKind {
  const { reply, stages } = trace ?? {};
  if (stages?.every(({ name }) => name !== "model")) return "refused"; // Nothing relevant was found.
  if (reply?.kind === "refusal") return "refused";
  const text = withoutMarkers(answer, citations);
  if (text.trim() === "" || isReplaced(reply, answer)) return "no-text";
  if (plainWords(text) === plainWords(nothingFoundText)) return "refused";
  return isRefusal && requireBoolean(isRefusal(text)) ? "refused" : "answered";
}

/** A part of a text without its markers and the blanks before them; citations are in the order of the text. */
export function withoutMarkers(
  text: string,
  citations: readonly Pick<ChainCitation, "start" | "end">[],
  { start: from, end: to }: { readonly start: number; readonly end: number } = {
    start: 0,
    end: text.length,
  },
): string {
  let kept = "";
  let at = from;
  for (const { start, end } of citations) {
    if (start >= at) kept += text.slice(at, start).trimEnd();
    at = Math.max(at, end);
  }
  return kept + text.slice(at, to);
}

/** Whether the chain wrote a sentence in place of a reply without text. */
function isReplaced(reply: NonNullable<ChainAnswer["trace"]>["reply"], answer: string): boolean {
  if (reply === undefined || reply.kind === "text") return false;
  const { kind, finishReason } = reply;
  return answer === noAnswerText({ kind, finishReason, refusal: "" });
}

/** A promise is not a boolean, but would count as true. */
function requireBoolean(value: unknown): boolean {
  if (typeof value === "boolean") return value;
  throw new RetrievalError(
    "invalid-input",
    `Expected \`isRefusal(answer)\` to return true or false, got ${describe(value)}.`,
  );
}
