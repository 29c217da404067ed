import type { Command } from "commander";
import type { BaseChatModel } from "@langchain/core/language_models/chat_models";
import { requireText, RetrievalError } from "../errors.ts";
import type { Answer, AnswerChunk } from "../retrieval/answering/answer.ts";
import { createAnswerChain } from "../retrieval/answering/create-answer-chain.ts";
import { placeNameOf } from "../retrieval/trace-words.ts";
import { printTrace } from "./output.ts";
import { parseShare, type Pipeline } from "./pipeline.ts";
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
}

const variable = "LANGCHAIN_RERANK_LLM";

export function addAskCommand(program: Command, signal: AbortSignal): void {
  const command = program
    .command("ask")
    .description("have a chat model answer a question from the passages that were found")
    .argument("<question>", "what to ask")
    .option(
      "--llm <provider:model>",
      `chat model, such as openai:gpt-4.1-mini or ollama:llama3.2; else what ${variable} says`,
    )
    .option(
      "--score-threshold <relevance>",
      "leave out passages of lower relevance in 0..1; where none is left the model is not asked",
      parseShare,
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
  const { k, llm: name = process.env[variable], scoreThreshold } = options;
  const candidateCount = candidateCountOf(options);
  // A model that cannot be had is said before anything is loaded for it.
  const llm = name === undefined || name === "" ? undefined : await openChatModel(name);
  await using pipeline = await openToSearch(options, signal);
  if (!llm) return await showPassages(question, options, { pipeline, signal });
  const retriever = await pipeline.retriever({ ...stagesOf(options), k, candidateCount });
  const chain = createAnswerChain({ retriever, llm, scoreThreshold });
  const last: AnswerChunk = {};
  const writer = new PieceWriter();
  for await (const chunk of await chain.stream(question, { signal })) {
    if (chunk.answer !== undefined) writer.write(chunk.answer);
    Object.assign(last, chunk);
  }
  writer.end();
  if (last.trace?.retrieval?.candidates.length === 0) throw await nothingStored(options, pipeline);
  printSources(last);
}

/** Without a model there is no answer, but there is what it would be made from. */
async function showPassages(
  question: string,
  options: AskCommandOptions,
  { pipeline, signal }: { readonly pipeline: Pipeline; readonly signal: AbortSignal },
): Promise<void> {
  const { k } = options;
  const candidateCount = candidateCountOf(options);
  const trace = await pipeline.search(question, { k, candidateCount, signal }, stagesOf(options));
  if (trace.documents.length === 0) throw await nothingStored(options, pipeline);
  printTrace(trace);
  printAside(shown`No chat model is named, so these are the passages alone. For an answer set --llm or ${variable}:
  openai:gpt-4.1-mini      with OPENAI_API_KEY, after npm install langchain @langchain/openai
  azure_openai:<model>     with AZURE_OPENAI_API_KEY, _INSTANCE_NAME, _DEPLOYMENT_NAME and _VERSION
  ollama:llama3.2          with a local Ollama, after npm install langchain @langchain/ollama`);
}

/** Each passage that the answer cites, by its number. */
function printSources({ documents = [], citations = [], trace }: Partial<Answer>): void {
  const numbers = [...new Set(citations.map(({ number }) => number))].toSorted((a, b) => a - b);
  if (numbers.length > 0) print(shown``);
  for (const number of numbers) {
    const document = documents[number - 1];
    if (document) print(shown`${bold(`[${number}]`)} ${placeNameOf(document)}`);
  }
  if (!trace) return;
  const times = trace.stages.map(
    ({ name, milliseconds }) => `${name} ${milliseconds.toFixed(0)} ms`,
  );
  print(shown`\n${dim(`passages given: ${documents.length}; ${times.join(", ")}`)}`);
  const { kind = "text", finishReason = "none was told" } = trace.reply ?? {};
  if (kind !== "text") {
    printAside(
      shown`The model's reply is no whole answer: ${kind} (finish reason: ${finishReason}).`,
    );
  }
  for (const { marker } of trace.inventedCitations) {
    printAside(shown`The model cited ${marker}, which names no passage: taken out.`);
  }
}

async function openChatModel(name: string): Promise<BaseChatModel> {
  const { initChatModel } = await import("langchain/chat_models/universal").catch(
    (cause: unknown) => {
      throw new RetrievalError(
        "missing-dependency",
        "A chat model needs LangChain's main package and that of the provider: npm install langchain @langchain/openai, or @langchain/ollama and so on.",
        { cause },
      );
    },
  );
  try {
    return await initChatModel(name);
  } catch (cause) {
    throw new RetrievalError(
      "invalid-option",
      `Expected a chat model as provider:model, got "${name}": ${cause instanceof Error ? cause.message : String(cause)}`,
      { cause },
    );
  }
}
