import { abortSignal, callback, wholeNumber } from "../option-rules.ts";
import type { DocumentInterface } from "@langchain/core/documents";
import { untilAborted } from "../abort.ts";
import type { LanguageModel } from "../chat-models/language-model.ts";
import { quoted } from "../chat-models/failure-text.ts";
import { describeNoAnswer } from "../chat-models/no-answer.ts";
import { readReply, type ModelReply } from "../chat-models/model-reply.ts";
import { hashId } from "../documents/identity.ts";
import { requireDocuments } from "../documents/require-documents.ts";
import { requireMethods, requireText, RetrievalError } from "../errors.ts";
import { requireOptions, type OptionRules } from "../options.ts";
import { plainWords } from "../text/plain-words.ts";
import { entityReader, readEntities } from "../text/prompt-text.ts";
import { parseQuestions } from "./generated-questions/parse-questions.ts";
import { questionPrompt } from "./generated-questions/question-prompt.ts";
import type { Judgements } from "./data/judgements.ts";

/** Options of one `generateQuestions` call. */
export interface GenerateQuestionsOptions {
  /**
   * Number of questions to request for each document, at least 1. A model may return fewer; additional ones are
   * dropped. @defaultValue 2
   */
  readonly perDocument?: number | undefined;
  /** Ends the call at once, with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Called after each document. */
  readonly onProgress?: ((progress: GenerationProgress) => void) | undefined;
}

const generateQuestionsOptionRules: OptionRules<GenerateQuestionsOptions> = {
  perDocument: wholeNumber(1),
  signal: abortSignal,
  onProgress: callback,
};

/** How far a call of `generateQuestions` is. */
export interface GenerationProgress {
  /** Number of documents that questions were requested for, from 1. */
  readonly done: number;
  readonly total: number;
  /** Number of distinct questions so far. */
  readonly questions: number;
}

/** A question that a chat model generated from a document. */
export interface GeneratedQuestion {
  /** The same document and question always give the same id. */
  readonly id: string;
  readonly query: string;
  /** The id of the first document that it was generated from. */
  readonly documentId: string;
  readonly isSynthetic: true;
}

/** Generated questions, with judgements that name the documents they came from. */
export interface GeneratedQuestions {
  /** In the order of the documents, each wording once. */
  readonly questions: readonly GeneratedQuestion[];
  /** Grade 1 for every document that the question was generated from; nothing else is judged. */
  readonly judgements: Judgements;
}

/**
 * Lets a chat model generate questions that a document answers, one document after the other. The document is
 * shown to the model as data, between marks that the text cannot close. Questions that differ only in case,
 * punctuation or spaces count as one question, which all of their documents answer. Generated questions are for
 * a first impression: set `isSynthetic` on the experiment, and judge questions that people asked.
 *
 * @throws RetrievalError `invalid-input` for a document without id or text and for a repeated id,
 * `model-mismatch` for a reply without a question; errors of the chat model are passed on.
 */
export async function generateQuestions(
  documents: readonly DocumentInterface[],
  chatModel: LanguageModel,
  options: GenerateQuestionsOptions = {},
): Promise<GeneratedQuestions> {
  const {
    perDocument = 2,
    signal,
    onProgress,
  } = requireOptions("generateQuestions", options, generateQuestionsOptionRules);
  requireMethods("chatModel", chatModel, "a LangChain chat model", ["invoke"]);
  const passages = checkedPassages(documents);
  const questions = new Map<string, GeneratedQuestion>();
  const judgements = new Map<string, Map<string, number>>();
  for (const [index, { id: documentId, text }] of passages.entries()) {
    const prompt = questionPrompt(text, perDocument);
    const reply = await ask(chatModel, prompt, signal);
    const read = entityReader(prompt.at(-1)?.[1] ?? "", [text]);
    const found = parseQuestions(reply.text).map((question) => readEntities(question, read));
    if (found.length === 0) throw noQuestions(documentId, reply);
    for (const query of found.slice(0, perDocument)) {
      const key = plainWords(query) || query;
      const made = {
        id: hashId([documentId, query]),
        query,
        documentId,
        isSynthetic: true,
      } as const;
      const question = questions.get(key) ?? made;
      questions.set(key, question);
      const grades = judgements.get(question.id) ?? new Map<string, number>();
      judgements.set(question.id, grades.set(documentId, 1));
    }
    onProgress?.({ done: index + 1, total: passages.length, questions: questions.size });
  }
  return { questions: [...questions.values()], judgements };
}

async function ask(
  chatModel: LanguageModel,
  prompt: readonly (readonly ["system" | "human", string])[],
  signal: AbortSignal | undefined,
): Promise<ModelReply> {
  signal?.throwIfAborted();
  const messages = prompt.map(([role, text]): [string, string] => [role, text]);
  const output = await untilAborted(chatModel.invoke(messages, signal ? { signal } : {}), signal);
  return readReply(output, "chatModel");
}

function checkedPassages(
  documents: readonly DocumentInterface[],
): { readonly id: string; readonly text: string }[] {
  const seen = new Set<string>();
  return requireDocuments("documents", documents).map(({ id, pageContent }, index) => {
    const text = requireText(`documents[${index}].pageContent`, pageContent);
    if (id === undefined || id === "" || seen.has(id)) {
      throw new RetrievalError(
        "invalid-input",
        `Expected \`documents[${index}].id\` to be a unique id, got ${id === undefined ? "none" : JSON.stringify(id)}: judgements refer to documents by id; splitPassages sets ids.`,
      );
    }
    seen.add(id);
    return { id, text };
  });
}

function noQuestions(documentId: string, { text, ...reply }: ModelReply): RetrievalError {
  const came = text.trim() === "" ? describeNoAnswer(reply) : quoted(text, 200);
  return new RetrievalError(
    "model-mismatch",
    `Expected questions about document ${JSON.stringify(documentId)}, one JSON object or numbered line each, got ${came}: ` +
      "use a chat model that follows instructions, or leave this document out.",
  );
}
