import type { Command } from "commander";
import type { Document } from "@langchain/core/documents";
import { requireText } from "../errors.ts";
import type { Answer, AnswerChunk } from "../answering/answer.ts";
import { createAnswerChain } from "../answering/create-answer-chain.ts";
import { sourceNameOf } from "../retrieval/trace-words.ts";
import { openChatModel, withPatience } from "./chat-model.ts";
import { nothingRelevant, printTrace } from "./output.ts";
import { parseCount, parseShare, type Pipeline } from "./pipeline.ts";
import {
  addRetrievalOptions,
  candidateCountOf,
  nothingStored,
  openToSearch,
  stagesOf,
  type RetrievalOptions,
} from "./retrieval-options.ts";
import { bold, dim, PieceWriter, print, printAside, shown } from "./terminal.ts";

interface AskCommandOptions extends RetrievalOptions {
  readonly llm?: string;
  readonly scoreThreshold?: number;
  readonly timeout: number;
}

const variable = "LANGCHAIN_RERANK_LLM";

export function addAskCommand(program: Command, signal: AbortSignal): void {
  const command = program
    .command("ask")
    .description("answer a question with a chat model, from the passages found")
    .argument("<question>", "question to answer")
    .option(
      "--llm <provider:model>",
      `chat model, such as openai:gpt-4.1-mini or ollama:llama3.2 (default: the value of ${variable})`,
    )
    .option(
      "--score-threshold <relevance>",
      "omit passages with a relevance below this number from 0 to 1; if none is left, the model is not called",
      parseShare,
    )
    .option(
      "--timeout <seconds>",
      "stop if the chat model sends nothing for this long",
      parseCount,
      120,
    );
  addRetrievalOptions(command).action((question: string, options: AskCommandOptions) =>
    ask(question, options, signal),
  );
}

async function ask(
  question: string,
  options: AskCommandOptions,
  signal: AbortSignal,
): Promise<void> {
  requireText("question", question);
  const { k, llm: name = process.env[variable] ?? "", scoreThreshold, timeout: seconds } = options;
  const candidateCount = candidateCountOf(options);
  // Reports an unusable chat model before anything is loaded.
  const llm = name === "" ? undefined : await openChatModel(name);
  await using pipeline = await openToSearch(options, signal);
  if (!llm) return await showPassages(question, options, { pipeline, signal });
  const retriever = await pipeline.searchIndex.retriever({
    ...stagesOf(options),
    k,
    candidateCount,
  });
  await pipeline.load(question);
  const chain = createAnswerChain({ retriever, llm, scoreThreshold });
  const last: AnswerChunk = {};
  const writer = new PieceWriter();
  const pieces = withPatience((config) => chain.stream(question, config), {
    name,
    seconds,
    signal,
  });
  try {
    for await (const chunk of pieces) {
      if (chunk.documents !== undefined) printGiven(chunk.documents, name, seconds);
      if (chunk.answer !== undefined) writer.write(chunk.answer);
      Object.assign(last, chunk);
    }
  } finally {
    writer.end(); // Shows an incomplete answer, too.
  }
  if (last.trace?.retrieval?.candidates.length === 0) throw await nothingStored(options, pipeline);
  printSources(last);
}

/** Without a chat model, shows the passages instead of an answer. */
async function showPassages(
  question: string,
  options: AskCommandOptions,
  { pipeline, signal }: { readonly pipeline: Pipeline; readonly signal: AbortSignal },
): Promise<void> {
  const { k, scoreThreshold } = options;
  const candidateCount = candidateCountOf(options);
  const stages = { ...stagesOf(options), scoreThreshold };
  const trace = await pipeline.search(question, { k, candidateCount, signal }, stages);
  if (trace.candidates.length === 0) throw await nothingStored(options, pipeline);
  if (trace.documents.length === 0) print(nothingRelevant);
  else printTrace(trace);
  printAside(shown`No chat model is set, so only the passages are shown. To get an answer, set --llm or ${variable}:
  openai:gpt-4.1-mini      with OPENAI_API_KEY, after npm install langchain @langchain/openai
  azure_openai:<model>     with AZURE_OPENAI_API_KEY, _INSTANCE_NAME, _DEPLOYMENT_NAME and _VERSION
  ollama:llama3.2          with a local Ollama, after npm install langchain @langchain/ollama`);
}

/** Prints the passages while the model thinks, so that they remain if it never answers. */
function printGiven(documents: readonly Document[], name: string, seconds: number): void {
  if (documents.length === 0) return;
  for (const [index, document] of documents.entries()) {
    printAside(shown`${dim(`[${index + 1}]`)} ${sourceNameOf(document)}`);
  }
  printAside(
    shown`${dim(shown`waiting for ${name}, which reads these passages; timeout after ${seconds} s without output`)}\n`,
  );
}

/** Prints each cited passage with its number. */
function printSources({ documents = [], citations = [], trace }: Partial<Answer>): void {
  const numbers = [...new Set(citations.map(({ number }) => number))].toSorted((a, b) => a - b);
  if (numbers.length > 0) print(shown``);
  for (const number of numbers) {
    const document = documents[number - 1];
    if (document) print(shown`${bold(`[${number}]`)} ${sourceNameOf(document)}`);
  }
  if (!trace) return;
  const times = trace.stages.map(
    ({ name, milliseconds }) => `${name} ${milliseconds.toFixed(0)} ms`,
  );
  print(shown`\n${dim(`passages sent to the model: ${documents.length}; ${times.join(", ")}`)}`);
  const { kind = "text", finishReason = "not reported" } = trace.reply ?? {};
  if (kind !== "text") {
    printAside(
      shown`The model's reply is not a complete answer: ${kind} (finish reason: ${finishReason}).`,
    );
  }
  for (const { marker } of trace.inventedCitations) {
    printAside(shown`Removed the citation ${marker}: it refers to no passage.`);
  }
}
