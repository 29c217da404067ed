import { sourceOf } from "../documents/source.ts";
import type { DocumentInterface } from "@langchain/core/documents";
import type { BaseMessage } from "@langchain/core/messages";
import type { RunnableConfig } from "@langchain/core/runnables";
import { untilAborted } from "../abort.ts";
import type { LanguageModel } from "../chat-models/language-model.ts";
import { ReplyReader } from "../chat-models/model-reply.ts";
import { describeNoAnswer, noAnswerText, wayOutOf } from "../chat-models/no-answer.ts";
import { RetrievalError } from "../errors.ts";
import { entityReader } from "../text/prompt-text.ts";
import type { AnyRetriever } from "../retrieval/any-retriever.ts";
import { retrieve } from "../retrieval/retrieve.ts";
import { asStageRun } from "../retrieval/stage-run.ts";
import { stopwatch } from "../retrieval/stopwatch.ts";
import type { Answer, AnswerChunk, AnswerReply, Citation, MergedPassage } from "./answer.ts";
import { readAnswerInput, type AnswerInput } from "./answer-input.ts";
import { answerPrompt } from "./answer-prompt.ts";
import type { AnswerStages } from "./answer-stages.ts";
import { CitationCheck, type CheckedMarker } from "./citation-check.ts";
import { fitPassages, type Fitted, type FittingOptions } from "./fit-passages.ts";
import type { Passage } from "./merge-neighbours.ts";
import { textsOf } from "../documents/render-passage.ts";
import { rewriteQuestion, type RewritingOptions } from "./rewrite-question.ts";

export interface AnswerSettings extends FittingOptions, RewritingOptions {
  readonly retriever: AnyRetriever;
  readonly llm: LanguageModel;
  readonly onNothingFound: "say-so" | "ask-model";
  readonly onNoAnswer: "say-so" | "throw";
  readonly nothingFoundText: string;
  readonly instructions: string | undefined;
}

/** Requests an answer from a model, whole or in pieces as the model writes. */
export type Asking = (
  llm: AnswerSettings["llm"],
  prompt: BaseMessage[],
  config: Partial<RunnableConfig>,
) => AsyncIterable<unknown>;

/** Yields the pieces of an answer as they arrive, and returns the whole answer. */
export async function* answerQuestion(
  input: AnswerInput,
  settings: AnswerSettings,
  { stages, ask }: { readonly stages: AnswerStages; readonly ask: Asking },
): AsyncGenerator<AnswerChunk, Answer> {
  const elapsed = stopwatch();
  const { llm, onNothingFound, nothingFoundText } = settings;
  const asked = readAnswerInput(input);
  const { question, history } = asked;
  const query =
    history.length === 0
      ? question
      : await stages.do("rewriting", (config) => rewriteQuestion(asked, settings, config));
  const { found, retrieval } = await stages.do("retrieval", (config) =>
    retrieve(settings.retriever, query, config),
  );
  const fitted = await stages.do("fitting", (config) => fit(found, settings, config));
  const documents = fitted.passages.map(({ document }) => document);
  yield { documents };

  const prompt = answerPrompt(fitted.passages, {
    question,
    query,
    nothingFoundText,
    instructions: joined([settings.instructions, ...asked.instructions]),
  });
  const texts = [question, query, ...documents.flatMap((document) => textsOf(document))];
  const readEntity = entityReader(prompt.at(-1)?.text ?? "", texts);
  const check = new CitationCheck(documents.length, readEntity);
  let answer = "";
  let reply: AnswerReply | undefined;
  if (documents.length > 0 || onNothingFound === "ask-model") {
    const reader = new ReplyReader("llm");
    const model = stages.begin("model");
    let said = "";
    for await (const output of ask(llm, prompt, model.config)) {
      const piece = reader.push(output);
      said += piece;
      const passed = check.push(piece);
      if (passed !== "") yield { answer: passed };
    }
    const rest = reader.end();
    model.end();
    const passed = check.push(rest);
    const last =
      passed + (await stages.do("citations", (config) => endCheck(check, said + rest, config)));
    reply = toReply(reader, check.text);
    const unsaid = check.text.trim() === "" ? sayNoAnswer(reader, reply, settings) : "";
    if (last + unsaid !== "") yield { answer: last + unsaid };
    answer = check.text + unsaid;
  } else {
    answer = nothingFoundText;
    yield { answer };
  }
  const last = {
    citations: check.citations.map((marker) => toCitation(marker, fitted.passages)),
    trace: {
      query,
      stages: stages.ended,
      retrieval,
      omitted: fitted.omitted,
      merged: mergedOf(fitted.passages),
      contextTokens: fitted.tokens,
      inventedCitations: check.invented,
      reply,
      milliseconds: elapsed(),
    },
  };
  yield last;
  return { answer, documents, ...last };
}

/** A text that had nothing but removed markers counts as empty. */
function toReply({ reply: { kind, finishReason } }: ReplyReader, text: string): AnswerReply {
  return { kind: kind === "text" && text.trim() === "" ? "empty" : kind, finishReason };
}

function sayNoAnswer(
  { reply: { refusal } }: ReplyReader,
  reply: AnswerReply,
  { onNoAnswer }: AnswerSettings,
): string {
  const none = { ...reply, refusal };
  if (onNoAnswer === "say-so") return noAnswerText(none);
  throw new RetrievalError(
    "no-answer",
    `Expected an answer from \`llm\`, got ${describeNoAnswer(none)}: ${wayOutOf(none)}.`,
  );
}

function mergedOf(passages: readonly Passage[]): MergedPassage[] {
  return passages.flatMap(({ members: documents }, index) =>
    documents.length > 1 ? [{ number: index + 1, documents }] : [],
  );
}

function joined(instructions: readonly (string | undefined)[]): string | undefined {
  const given = instructions.filter((text) => text !== undefined);
  return given.length === 0 ? undefined : given.join("\n");
}

async function fit(
  found: readonly DocumentInterface[],
  settings: AnswerSettings,
  { callbacks, signal }: Partial<RunnableConfig>,
): Promise<Fitted> {
  const stage = {
    name: "fitting",
    callbacks,
    inputs: { documents: found },
    outputsOf: ({ passages, tokens, omitted }: Fitted) => ({ passages, tokens, omitted }),
  };
  return asStageRun(stage, () => untilAborted(fitPassages(found, settings), signal));
}

async function endCheck(
  check: CitationCheck,
  said: string,
  { callbacks }: Partial<RunnableConfig>,
): Promise<string> {
  const { citations, invented } = check;
  const outputsOf = () => ({ answer: check.text, citations, invented });
  const stage = { name: "citations", callbacks, inputs: { answer: said }, outputsOf };
  return asStageRun(stage, async () => check.end());
}

function toCitation({ number, start, end }: CheckedMarker, passages: readonly Passage[]): Citation {
  const passage = passages[number - 1];
  return {
    number,
    documentIds: passage?.documentIds ?? [],
    source: passage && sourceOf(passage.document),
    start,
    end,
  };
}
