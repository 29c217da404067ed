import type { Document } from "@langchain/core/documents";
import type { ReplyKind } from "../chat-models/model-reply.ts";
import type { RetrievalTrace } from "../documents/retrieval-trace.ts";

/** What a chat model says about a question, with the passages that it was given and those that it names. */
export interface Answer {
  /**
   * With a marker such as `[1]` after what a passage says; markers that name no passage were taken out. Where the model
   * gave no text, what it gave: `trace.reply` tells a program.
   */
  readonly answer: string;
  /** One for each marker, in the order of the answer. */
  readonly citations: readonly Citation[];
  /**
   * The passages that the model was given, best first: `documents[number - 1]` is what `[number]` names.
   * Neighbours in one source are one passage.
   */
  readonly documents: readonly Document[];
  readonly trace: AnswerTrace;
}

/**
 * A piece of a streamed answer, of which LangChain's `concat` makes an `Answer`: the first has `documents`,
 * the next ones a part of `answer` each, the last one `citations` and `trace`.
 */
export type AnswerChunk = Partial<Answer>;

/** A marker in the answer that names a passage. */
export interface Citation {
  /** As in the marker, from 1: the passage is `documents[number - 1]`. */
  readonly number: number;
  /** The retrieved documents in the passage: one, or neighbours that were merged, in the order of their text. */
  readonly documentIds: readonly string[];
  /** `metadata.source` of the passage, where it is a text. */
  readonly source: string | undefined;
  /** Where the marker begins in `answer`, in UTF-16 units. */
  readonly start: number;
  /** Where it ends. */
  readonly end: number;
}

/** A marker that names no passage, and was taken out of the answer. */
export interface InventedCitation {
  /** As the model wrote it, such as `[7]`. */
  readonly marker: string;
  /** Where it would stand in `answer`, in UTF-16 units. */
  readonly position: number;
}

/** A retrieved document that the model was not given, and why. */
export interface OmittedDocument {
  readonly documentId: string;
  /** Its relevance is under the threshold, or it did not fit beside better ones. */
  readonly reason: "irrelevant" | "no-room";
}

/** A stage of the chain that ran; in a stream, `model` takes in what the reader of its pieces took. */
export interface AnswerStage {
  readonly name: "rewriting" | "retrieval" | "fitting" | "model" | "citations";
  readonly milliseconds: number;
}

/** What the model said, but for its words. */
export interface AnswerReply {
  /**
   * `text`: a whole answer; `cut-off`, `filtered`: it ended at the limit of tokens or by the provider's filter; `refusal`: the
   * model declined; `tool-call`, `reasoning`, `empty`: what came in place of an answer.
   */
  readonly kind: ReplyKind;
  /** As the provider names it, such as `stop`, `max_tokens` or `SAFETY`, where it tells. */
  readonly finishReason: string | undefined;
}

/** How an answer came about. */
export interface AnswerTrace {
  /** What was searched for: the question, or what rewriting made of it. */
  readonly query: string;
  /** In the order in which they ran. Without `model` the model was not asked: nothing relevant was found. */
  readonly stages: readonly AnswerStage[];
  /** What the search did, where the retriever is a `TwoStageRetriever`. */
  readonly retrieval: RetrievalTrace | undefined;
  readonly omitted: readonly OmittedDocument[];
  /** Tokens of the passages with their marks, as counted. */
  readonly contextTokens: number;
  readonly inventedCitations: readonly InventedCitation[];
  /** How the model's reply ended; `undefined` where it was not asked. */
  readonly reply: AnswerReply | undefined;
  /** The whole chain, from the call to its last piece. */
  readonly milliseconds: number;
}
