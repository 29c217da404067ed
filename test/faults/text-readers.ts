import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { Document, type DocumentInterface } from "@langchain/core/documents";
import { AIMessage, HumanMessage } from "@langchain/core/messages";
import { RunnableLambda } from "@langchain/core/runnables";
import { FakeListChatModel } from "@langchain/core/utils/testing";
import { ReplyReader } from "../../src/chat-models/model-reply.ts";
import { readQuestion } from "../../src/chat-models/question-text.ts";
import { withoutThoughts } from "../../src/chat-models/thoughts.ts";
import { comparisonTable } from "../../src/cli/output.ts";
import { SentenceCompressor } from "../../src/cross-encoder/sentence-compressor.ts";
import { contentId } from "../../src/documents/identity.ts";
import { loadFolder } from "../../src/documents/load-folder.ts";
import { headingText } from "../../src/documents/heading-text.ts";
import { markdownSections } from "../../src/documents/markdown-sections.ts";
import { metadataPredicate } from "../../src/documents/metadata-predicate.ts";
import { parseFilter } from "../../src/documents/parse-filter.ts";
import { splitSentences } from "../../src/documents/sentences.ts";
import { passageText } from "../../src/documents/passage-text.ts";
import { splitPassages } from "../../src/documents/split-passages.ts";
import { answerKind } from "../../src/evaluation/answers/answer-kind.ts";
import { claimPrompt } from "../../src/evaluation/answers/claim-prompt.ts";
import { claimsOf } from "../../src/evaluation/answers/claims.ts";
import { readVerdict } from "../../src/evaluation/answers/read-verdict.ts";
import { readCalibration } from "../../src/evaluation/calibration/read-calibration.ts";
import { loadBeir } from "../../src/evaluation/data/beir-collection.ts";
import { parseDecimal } from "../../src/evaluation/data/decimal.ts";
import { readJudgements } from "../../src/evaluation/data/judgements-file.ts";
import { readRun } from "../../src/evaluation/data/run-file.ts";
import { readConfiguration } from "../../src/evaluation/gate/saved-configuration.ts";
import { generateQuestions } from "../../src/evaluation/generate-questions.ts";
import { parseQuestions } from "../../src/evaluation/generated-questions/parse-questions.ts";
import { parseMeasure } from "../../src/evaluation/measures/parse-measure.ts";
import { html } from "../../src/evaluation/report/html/markup.ts";
import { createAnalyzer } from "../../src/lexical/analyzer.ts";
import { Bm25Index } from "../../src/lexical/bm25-index.ts";
import { languages, type AnalyzerLanguage } from "../../src/lexical/languages.ts";
import { normalForm } from "../../src/lexical/normal-form.ts";
import { readHubSettings } from "../../src/model/files/hub-settings.ts";
import { encodeAsReference, type Encode } from "../../src/model/tokens/encode.ts";
import { encodeOrCut } from "../../src/model/tokens/text-windows.ts";
import { readAnswerInput } from "../../src/answering/answer-input.ts";
import { answerPrompt } from "../../src/answering/answer-prompt.ts";
import { CitationCheck } from "../../src/answering/citation-check.ts";
import { estimateTokens } from "../../src/text/estimate-tokens.ts";
import { fitPassages } from "../../src/answering/fit-passages.ts";
import { fitTurns } from "../../src/answering/fit-turns.ts";
import { mergeNeighbours } from "../../src/answering/merge-neighbours.ts";
import { rewriteQuestion } from "../../src/answering/rewrite-question.ts";
import type { PairScorer } from "../../src/ranking/pair-scorer.ts";
import { renderTrace } from "../../src/retrieval/render-trace.ts";
import { rankPrompt } from "../../src/rerankers/chat-prompts.ts";
import { readGrade } from "../../src/rerankers/read-grade.ts";
import { readPermutation } from "../../src/rerankers/read-permutation.ts";
import type { RetrievalTrace } from "../../src/documents/retrieval-trace.ts";
import { cutEnd, cutMiddle } from "../../src/text/cut-text.ts";
import { escapeHtml } from "../../src/text/escape-html.ts";
import { escapeMarkdown } from "../../src/text/escape-markdown.ts";
import { printable, printableJson } from "../../src/text/printable.ts";
import {
  entityReader,
  escapeAttribute,
  escapeMarks,
  readEntities,
  type EntityReader,
} from "../../src/text/prompt-text.ts";
import { wellFormed } from "../../src/text/well-formed.ts";
import { parseServerUrl } from "../../src/vector-store/chroma-address.ts";
import { chromaFailure } from "../../src/vector-store/chroma-failure.ts";
import { toRecord } from "../../src/vector-store/chroma-record.ts";
import { startFailure } from "../../src/vector-store/start-failure.ts";

/** Code of the package that reads a text, on the main thread or in a worker, which no abort can interrupt. */
export interface TextReader {
  readonly name: string;
  /** Reads the text to its end; what it throws is thrown away. */
  readonly read: (text: string) => unknown;
}

const target = { url: "http://127.0.0.1:8000", collectionName: "c", path: undefined };
const index = new Bm25Index();
const copiedEntities = entityReader("&lt; &amp; &#91;", []);

/** Finds all texts equally good. */
export const equalScorer: PairScorer = {
  name: "equal",
  scale: "logit",
  score: async (_query, texts) => ({ scores: texts.map(() => 0) }),
};

/** Makes a token of every four characters, space included: real tokenizers add times of their own. */
const encodeFours: Encode = (text) => Array.from({ length: Math.ceil(text.length / 4) }, () => 7);
const windowReaders = (["bert", "byte-level", undefined] as const).map((words): TextReader => {
  const encode = encodeAsReference(encodeFours, words);
  const how = { room: 100, stride: 32, maxWindows: 8 };
  return { name: `windows, ${words} tokens`, read: (text) => encodeOrCut(text, how, encode) };
});

/** Everything that reads a text of unknown length. */
export const textReaders: readonly TextReader[] = [
  { name: "wellFormed", read: wellFormed },
  ...windowReaders,
  { name: "cutEnd", read: (text) => cutEnd(text, 220) },
  { name: "cutMiddle", read: (text) => cutMiddle(text, 66, 133) },
  { name: "printable", read: printable },
  { name: "printableJson", read: printableJson },
  { name: "escapeHtml", read: escapeHtml },
  { name: "escapeMarkdown", read: escapeMarkdown },
  { name: "escapeMarks", read: escapeMarks },
  { name: "escapeAttribute", read: escapeAttribute },
  { name: "readEntities", read: (text) => readEntities(text, entityReader(text, [])) },
  { name: "headingText", read: headingText },
  { name: "markdownSections", read: markdownSections },
  { name: "splitSentences", read: splitSentences },
  {
    name: "passageText",
    read: (text) =>
      passageText(documentOf(text, text), { passageFields: ["headingPath", "source"] }),
  },
  { name: "splitPassages", read: (text) => splitPassages([documentOf(text)]) },
  {
    name: "splitPassages of a long source",
    read: (text) => splitPassages([documentOf("x", text)]),
  },
  {
    name: "loadFolder",
    read: (text) => withFile("a.md", text, (path) => loadFolder(dirname(path))),
  },
  { name: "contentId", read: (text) => contentId(text, text) },
  { name: "metadataPredicate", read: filtered },
  { name: "toRecord", read: (text) => toRecord(documentOf(text, text), undefined) },
  { name: "normalForm", read: normalForm },
  ...analyzerLanguages().map((language) => {
    const analyzer = createAnalyzer({ language });
    return { name: `analyze in ${language}`, read: (text: string) => analyzer.analyze(text) };
  }),
  { name: "Bm25Index.update", read: (text) => index.update([{ id: "a", text }]) },
  { name: "Bm25Index.search", read: (text) => index.search(text, 1) },
  { name: "CitationCheck of a whole answer", read: (text) => checked([text]) },
  { name: "CitationCheck of an answer in pieces", read: (text) => checked(piecesOf(text, 7)) },
  {
    name: "CitationCheck that reads entities, of a whole answer",
    read: (text) => checked([text], copiedEntities),
  },
  {
    name: "CitationCheck that reads entities, of an answer in pieces",
    read: (text) => checked(piecesOf(text, 7), copiedEntities),
  },
  { name: "ReplyReader of a whole reply", read: (text) => replied([text]) },
  { name: "ReplyReader of a reply in pieces", read: (text) => replied(piecesOf(text, 7)) },
  { name: "ReplyReader in a thought", read: (text) => replied(["<think>", ...piecesOf(text, 7)]) },
  { name: "withoutThoughts", read: withoutThoughts },
  { name: "readQuestion", read: readQuestion },
  { name: "readVerdict", read: readVerdict },
  { name: "claimsOf", read: (text) => claimsOf({ answer: text, citations: markersIn(text) }) },
  { name: "answerKind", read: (text) => kindOf(text) },
  {
    name: "claimPrompt",
    read: (text) => claimPrompt({ question: text, before: text, claim: text, passages: [] }),
  },
  { name: "readPermutation", read: (text) => readPermutation(text, 20) },
  { name: "readGrade", read: readGrade },
  {
    name: "rankPrompt",
    read: (text) => rankPrompt([text], { query: text, instruction: undefined }),
  },
  { name: "fitTurns", read: shownTurns },
  { name: "estimateTokens", read: estimateTokens },
  { name: "readAnswerInput", read: (text) => readAnswerInput([["human", text]]) },
  { name: "rewriteQuestion", read: rewritten },
  {
    name: "answerPrompt",
    read: (text) => answerPrompt(mergeNeighbours([found(documentOf(text, text))]), promptOptions),
  },
  { name: "fitPassages", read: fitted },
  { name: "renderTrace as text", read: (text) => renderTrace(traceOf(text), "text") },
  { name: "renderTrace as Markdown", read: (text) => renderTrace(traceOf(text), "markdown") },
  { name: "renderTrace as HTML", read: (text) => renderTrace(traceOf(text), "html") },
  { name: "comparisonTable", read: (text) => comparisonTable(traceOf(text)) },
  { name: "SentenceCompressor", read: compressed },
  { name: "parseQuestions", read: parseQuestions },
  { name: "generateQuestions", read: generated },
  { name: "html", read: (text) => String(html`<p>${text}</p>`) },
  { name: "readRun, TREC", read: (text) => withFile("a.run", `q Q0 ${text} 1 2.5 t\n`, readRun) },
  {
    name: "readRun, JSON Lines",
    read: (text) => withFile("a.jsonl", line({ query: "q", id: text, score: 1 }), readRun),
  },
  { name: "readRun of anything", read: (text) => withFile("a.jsonl", text, readRun) },
  {
    name: "readJudgements, TREC",
    read: (text) => withFile("a.qrels", `q 0 ${text} 1\n`, readJudgements),
  },
  {
    name: "readJudgements, BEIR",
    read: (text) =>
      withFile("a.tsv", `query-id\tcorpus-id\tscore\nq\t${text}\t1\n`, readJudgements),
  },
  { name: "loadBeir", read: beir },
  { name: "parseDecimal", read: (text) => parseDecimal(text, 0, text.length) },
  { name: "parseMeasure", read: parseMeasure },
  {
    name: "readCalibration",
    read: (text) => readCalibration(text, { fileHash: "a", arithmetic: "float" }),
  },
  { name: "readConfiguration", read: (text) => readConfiguration(text) },
  {
    name: "readHubSettings",
    read: (text) => readHubSettings({ HF_ENDPOINT: text, HF_TOKEN: text }),
  },
  { name: "parseServerUrl", read: (text) => parseServerUrl(`http://${text}`) },
  {
    name: "chromaFailure",
    read: (text) => chromaFailure(new Error(`Bad request to ${text}`), target),
  },
  { name: "startFailure", read: (text) => startFailure("a", text, text) },
];

/** With `LINEARITY=whole` all; else two, since languages differ in little but their stemmers. */
function analyzerLanguages(): AnalyzerLanguage[] {
  if (process.env["LINEARITY"] !== "whole") return ["english", "turkish"];
  return Object.keys(languages).filter((name): name is AnalyzerLanguage => name in languages);
}

const promptOptions = { question: "q", query: "q", nothingFoundText: "n", instructions: undefined };

function documentOf(pageContent: string, source = "a.md"): Document {
  const place = { section: "a", headingPath: pageContent, start: 0, end: pageContent.length };
  return new Document({ pageContent, metadata: { source, ...place } });
}

function found(
  document: DocumentInterface,
  place = 0,
): { document: DocumentInterface; index: number } {
  return { document, index: place };
}

function piecesOf(text: string, length: number): string[] {
  const pieces: string[] = [];
  for (let start = 0; start < text.length; start += length) {
    pieces.push(text.slice(start, start + length));
  }
  return pieces;
}

function checked(pieces: readonly string[], readEntity?: EntityReader): string {
  const check = new CitationCheck(3, readEntity);
  for (const piece of pieces) check.push(piece);
  check.end();
  return check.text;
}

/** Every digit as a citation. */
function markersIn(text: string): { number: number; start: number; end: number }[] {
  return Array.from(text.matchAll(/\d/g), ({ index: start }) => ({
    number: 1,
    start,
    end: start + 1,
  }));
}

function kindOf(answer: string): string {
  const given = { answer, citations: markersIn(answer), documents: [] };
  return answerKind(given, { nothingFoundText: answer });
}

function replied(pieces: readonly string[]): string {
  const reader = new ReplyReader("llm");
  return pieces.map((piece) => reader.push(piece)).join("") + reader.end();
}

function shownTurns(text: string): Promise<string[]> {
  const history = [new HumanMessage(text), new AIMessage(text)];
  return fitTurns(history, { maxContextTokens: 500, countTokens: estimateTokens });
}

function filtered(text: string): boolean {
  const tree = parseFilter({ a: text });
  return tree !== undefined && metadataPredicate(tree)({ a: `${text}b` });
}

/** Four passages that follow one another, best first in another order; all are shown again for each one. */
function fitted(text: string): Promise<unknown> {
  const length = Math.ceil(text.length / 4);
  const documents = piecesOf(text, length).map(
    (pageContent, place) =>
      new Document({
        pageContent,
        metadata: { source: "a", start: place * length, end: place * length + pageContent.length },
        id: String(place),
      }),
  );
  const shuffled = documents.toSorted((a, b) => (Number(a.id) % 3) - (Number(b.id) % 3));
  return fitPassages(shuffled, { maxContextTokens: Infinity, countTokens: estimateTokens });
}

function rewritten(text: string): Promise<string> {
  const rewriter = RunnableLambda.from(() => new AIMessage(text));
  const asked = { question: text, history: [new HumanMessage(text)] };
  const options = { rewriter, maxContextTokens: Infinity, countTokens: estimateTokens };
  return rewriteQuestion(asked, options, {});
}

function traceOf(text: string): RetrievalTrace {
  const documents = [documentOf(text, text)];
  const coverage = { scored: 0, candidates: 1 };
  return { query: text, stages: [], candidates: documents, documents, coverage, milliseconds: 1 };
}

function compressed(text: string): Promise<unknown> {
  return new SentenceCompressor({ scorer: equalScorer }).compress("q", [documentOf(text)]);
}

function generated(text: string): Promise<unknown> {
  const responses = [`1. ${text}?`];
  const document = new Document({ pageContent: text, id: "a" });
  return generateQuestions([document], new FakeListChatModel({ responses }));
}

function line(row: object): string {
  return `${JSON.stringify(row)}\n`;
}

async function beir(text: string): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "linearity-"));
  try {
    await writeFile(join(folder, "corpus.jsonl"), line({ _id: "d", title: text, text }));
    await writeFile(join(folder, "queries.jsonl"), line({ _id: "q", text }));
    await mkdir(join(folder, "qrels"));
    await writeFile(join(folder, "qrels", "test.tsv"), "query-id\tcorpus-id\tscore\nq\td\t1\n");
    await loadBeir(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function withFile(
  name: string,
  text: string,
  read: (path: string) => Promise<unknown>,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "linearity-"));
  try {
    const path = join(folder, name);
    await writeFile(path, text);
    await read(path);
  } finally {
    await rm(folder, { recursive: true });
  }
}
