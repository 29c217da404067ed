import { RetrievalError } from "../errors.ts";

/** Spellings on the command line, by the name that an error message writes between backticks. */
export type CommandWords = Readonly<Record<string, string>>;

/** The spellings that hold for every command, unless a step says otherwise. */
const commonWords: CommandWords = {
  model: "--model",
  collectionName: "--collection",
  url: "--store",
  path: "--store",
  headers: "`headers` of openChroma in a program",
  tenant: "CHROMA_TENANT",
  database: "CHROMA_DATABASE",
  folder: "<folder>",
  question: "<question>",
  encoding: "--encoding",
  OnnxEmbeddings: "--model of `index` and `search`",
  CrossEncoderReranker: "--reranker of `search`",
  MemoryVectorStore: "`npx langchain-rerank search --store memory --documents <folder>`",
};

/**
 * Runs a step of a command. An error of this package that it throws names options as `words` does: a step knows
 * which of its options `model` is, for example.
 */
export async function withWords<Value>(
  words: CommandWords,
  step: () => Value | Promise<Value>,
): Promise<Value> {
  try {
    return await step();
  } catch (error) {
    if (!(error instanceof RetrievalError)) throw error;
    throw new RetrievalError(error.code, inCommandWords(error.message, words), { cause: error });
  }
}

/**
 * A message in which options of the API have the names that they have on the command line. Messages write options
 * between backticks, and names of the user's own data, such as fields of a file, between quotation marks.
 */
export function inCommandWords(message: string, words: CommandWords = commonWords): string {
  return message.replaceAll(/`([\w.]+)`/g, (quoted: string, name: string) =>
    Object.hasOwn(words, name) ? (words[name] ?? quoted) : quoted,
  );
}
