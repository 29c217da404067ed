import type { Document, DocumentInterface } from "@langchain/core/documents";
import type { ReplyKind } from "../chat-models/model-reply.ts";
import type { RetrievalTrace } from "../documents/retrieval-trace.ts";

/** A chat model's answer to a question, with the passages that it was given and those that it cites. */
export interface Answer {
  /**
   * The text, with a marker such as `[1]` after each cited statement; markers that name no passage are removed.
   * If the model returned no text, a sentence about what it returned; check `trace.reply` in code.
   */
  readonly answer: string;
  /** One for each marker, in the order of the answer. */
  readonly citations: readonly Citation[];
  /**
   * The passages that the model was given, best first: `[number]` cites `documents[number - 1]`. Neighbouring
   * passages of one source are merged.
   */
  readonly documents: readonly Document[];
  readonly trace: AnswerTrace;
}

/**
 * A piece of a streamed answer. LangChain's `concat` joins pieces to an `Answer`: the first has `documents`,
 * the next ones a part of `answer` each, the last one `citations` and `trace`.
 */
export type AnswerChunk = Partial<Answer>;

/** A marker in the answer that cites a passage. */
export interface Citation {
  /** The number in the marker, from 1: the passage is `documents[number - 1]`. */
  readonly number: number;
  /** The ids of the retrieved documents in the passage: one, or several merged neighbours in text order. */
  readonly documentIds: readonly string[];
  /** `metadata.source` of the passage, if it is a string. */
  readonly source: string | undefined;
  /** Offset of the marker in `answer`, in UTF-16 units. */
  readonly start: number;
  /** Offset of its end. */
  readonly end: number;
}

/** A marker that names no passage and was removed from the answer. */
export interface InventedCitation {
  /** As the model wrote it, such as `[7]`. */
  readonly marker: string;
  /** Offset in `answer` where it was removed, in UTF-16 units. */
  readonly position: number;
}

/** A retrieved document that the model was not given, and why. */
export interface OmittedDocument {
  readonly documentId: string;
  /** Its relevance is below the threshold, or it did not fit beside better documents. */
  readonly reason: "irrelevant" | "no-room";
}

/** A passage that consists of several neighbouring documents. */
export interface MergedPassage {
  /** The passage is `documents[number - 1]` of the answer. */
  readonly number: number;
  /** The retrieved documents, in text order. */
  readonly documents: readonly DocumentInterface[];
}

/** A stage of the chain that ran; in a stream, `model` includes the time that the reader of the pieces took. */
export interface AnswerStage {
  readonly name: "rewriting" | "retrieval" | "fitting" | "model" | "citations";
  readonly milliseconds: number;
}

/** How the model's reply ended. */
export interface AnswerReply {
  /**
   * `text`: a complete answer; `cut-off`, `filtered`: ended at the token limit or by the provider's filter;
   * `refusal`: the model declined; `tool-call`, `reasoning`, `empty`: no answer, but this instead.
   */
  readonly kind: ReplyKind;
  /** The provider's name for it, such as `stop`, `max_tokens` or `SAFETY`, if known. */
  readonly finishReason: string | undefined;
}

/** How an answer was made. */
export interface AnswerTrace {
  /** The search query: the question, or its rewritten form. */
  readonly query: string;
  /**
   * In the order in which they ran. Without `model`, nothing relevant was found and the model was not asked.
   */
  readonly stages: readonly AnswerStage[];
  /** The trace of the search, if the retriever is a `TwoStageRetriever`. */
  readonly retrieval: RetrievalTrace | undefined;
  readonly omitted: readonly OmittedDocument[];
  /** The passages that consist of several retrieved documents. */
  readonly merged: readonly MergedPassage[];
  /** Tokens of the passages with their marks, as counted. */
  readonly contextTokens: number;
  readonly inventedCitations: readonly InventedCitation[];
  /** How the model's reply ended; `undefined` if the model was not asked. */
  readonly reply: AnswerReply | undefined;
  /** Time from the call to the last piece. */
  readonly milliseconds: number;
}
