import type { BaseCallbackHandler } from "@langchain/core/callbacks/base";
import type { DocumentInterface } from "@langchain/core/documents";
import { untilAborted } from "../../abort.ts";
import type { ReplyKind } from "../../chat-models/model-reply.ts";
import { requireDocuments } from "../../documents/require-documents.ts";
import { describe, requireString, requireWholeNumber, RetrievalError } from "../../errors.ts";
import { stageTimes } from "../experiment/system.ts";
import { type AnswerTokens, TokenCount } from "./token-count.ts";

/** A chain that answers questions, as `createAnswerChain` returns, or recorded answers. */
export interface AnsweringChain {
  /** Returns the answer to a question, with its citations. */
  invoke(
    question: string,
    options?: { readonly signal?: AbortSignal; readonly callbacks?: BaseCallbackHandler[] },
  ): Promise<ChainAnswer>;
}

/** The part of an `Answer` that an evaluation reads. */
export interface ChainAnswer {
  /** The text, with its markers. */
  readonly answer: string;
  /** One for each marker, in the order of the answer. */
  readonly citations: readonly ChainCitation[];
  /** The passages that the model was given: `number` cites `documents[number - 1]`. */
  readonly documents: readonly DocumentInterface[];
  readonly trace?: ChainTrace | undefined;
}

/** A marker in an answer: the number of its passage, from 1, and its offsets in UTF-16 units. */
export interface ChainCitation {
  readonly number: number;
  readonly start: number;
  readonly end: number;
}

/** The part of an answer's trace that an evaluation reads. */
export interface ChainTrace {
  readonly stages?: readonly { readonly name: string; readonly milliseconds: number }[];
  readonly merged?: readonly {
    readonly number: number;
    readonly documents: readonly DocumentInterface[];
  }[];
  readonly inventedCitations?: readonly unknown[];
  readonly reply?:
    | { readonly kind: ReplyKind; readonly finishReason?: string | undefined }
    | undefined;
}

/** An answer, how long it took, and the tokens of the models that the chain called. */
export interface TimedAnswer {
  readonly given: ChainAnswer;
  readonly stages: ReadonlyMap<string, number>;
  readonly milliseconds: number;
  readonly tokens: AnswerTokens | undefined;
}

/**
 * Asks the chain one question. Rejects with the chain's error, with the signal's reason as soon as it is aborted, and
 * with `invalid-input` if the result is not an answer.
 */
export async function askChain(
  chain: AnsweringChain,
  question: string,
  signal: AbortSignal | undefined,
): Promise<TimedAnswer> {
  const count = new TokenCount();
  const startedAt = performance.now();
  const asked = chain.invoke(question, { ...(signal && { signal }), callbacks: [count] });
  const given = requireAnswer(await untilAborted(asked, signal));
  const milliseconds = performance.now() - startedAt;
  return {
    given,
    stages: stageTimes(given.trace?.stages ?? []),
    milliseconds,
    tokens: count.tokens,
  };
}

function requireAnswer(given: ChainAnswer): ChainAnswer {
  if (typeof given !== "object" || given === null) {
    throw new RetrievalError(
      "invalid-input",
      `Expected an answer with its citations and documents from \`chain\`, got ${describe(given)}: pass what createAnswerChain returns.`,
    );
  }
  const { answer, citations, documents } = given;
  requireString("answer", answer);
  requireDocuments("documents", documents);
  if (!Array.isArray(citations)) {
    throw new RetrievalError(
      "invalid-input",
      `Expected \`citations\` to be an array, got ${describe(citations)}.`,
    );
  }
  for (const [index, citation] of citations.entries()) {
    requireCitation(`citations[${index}]`, citation, given);
  }
  return given;
}

function requireCitation(
  name: string,
  { number, start, end }: ChainCitation,
  { answer, documents }: ChainAnswer,
): void {
  requireWholeNumber(`${name}.number`, number, 1);
  requireWholeNumber(`${name}.start`, start, 0);
  requireWholeNumber(`${name}.end`, end, start);
  if (number <= documents.length && end <= answer.length) return;
  throw new RetrievalError(
    "invalid-input",
    number > documents.length
      ? `Expected \`${name}.number\` to be at most ${documents.length}, the number of documents, got ${number}.`
      : `Expected \`${name}.end\` to be at most ${answer.length}, the length of the answer, got ${end}.`,
  );
}
