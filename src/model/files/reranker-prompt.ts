import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { RetrievalError } from "../../errors.ts";
import { qwen3Prompt, type PairPrompt } from "../tokens/pair-prompt.ts";
import { Vocabulary } from "../tokens/vocabulary.ts";
import { readChatTemplate } from "./chat-template.ts";
import { answersOfT5 } from "./encoder-decoder.ts";
import { scores, type LogitScoreModule } from "./head-modules.ts";
import { readJson } from "./json-file.ts";

type Content = Readonly<Record<string, unknown>>;

/** The parsed settings files of a model. */
interface PromptFiles {
  readonly config: Content;
  readonly tokenizer: Content | undefined;
  readonly sentence: Content | undefined;
  readonly prompts: Content | undefined;
}

/**
 * The prompt of a reranker: from its chat template, or that of Qwen3-Reranker if the model is a Qwen3 whose template
 * is for chats, as in most ONNX repositories. `undefined` if the model has neither.
 */
export async function readPrompt(
  folder: string,
  { config, tokenizer = {}, sentence, prompts = {} }: PromptFiles,
): Promise<PairPrompt | undefined> {
  const file = join(folder, "chat_template.jinja");
  const stated = tokenizer["chat_template"];
  const template = (await textIfPresent(file)) ?? (typeof stated === "string" ? stated : "");
  const name = prompts["default_prompt_name"];
  const instruction =
    typeof name === "string" ? Reflect.get(Object(prompts["prompts"]), name) : undefined;
  const chat: unknown = Reflect.get(Object(sentence?.["processing_kwargs"]), "chat_template");
  const read = readChatTemplate(template, {
    variables: { ...specialTokensOf(tokenizer), ...Object(chat) },
    instruction: typeof instruction === "string" ? instruction : undefined,
    origin: file,
  });
  return read ?? (isQwen3(config) ? qwen3Prompt : undefined);
}

/** The answers of a Qwen3 or of a T5 with a decoder; `undefined` for another model. */
export async function answersOf(
  folder: string,
  config: Content,
): Promise<LogitScoreModule | undefined> {
  const answers = isQwen3(config) ? { yes: "yes", no: "no" } : answersOfT5(config);
  if (!answers) return undefined;
  const path = join(folder, "tokenizer.json");
  const vocabulary = new Vocabulary(await readJson(path));
  const idOf = (token: string): number => {
    const id = vocabulary.idOf(token);
    if (id !== undefined) return id;
    throw new RetrievalError(
      "model-mismatch",
      `Expected a token "${token}" in ${path}, whose logit a reranker of this kind answers with, found none: use the tokenizer.json of the model. A model that answers with other words is not supported.`,
    );
  };
  const [trueToken, falseToken] = [idOf(answers.yes), idOf(answers.no)];
  return { kind: "logit-score", output: scores, trueToken, falseToken };
}

/** Whether the model is a language model of the kind of Qwen3-Reranker. */
function isQwen3({ model_type: type, architectures }: Content): boolean {
  return (
    type === "qwen3" && Array.isArray(architectures) && architectures.includes("Qwen3ForCausalLM")
  );
}

/** `bos_token` and the like, as a template reads them. */
function specialTokensOf(tokenizer: Content): Record<string, string> {
  return Object.fromEntries(
    Object.entries(tokenizer).flatMap(([name, value]): [string, string][] => {
      const token: unknown = Reflect.get(Object(value), "content") ?? value;
      return name.endsWith("_token") && typeof token === "string" ? [[name, token]] : [];
    }),
  );
}

async function textIfPresent(path: string): Promise<string | undefined> {
  return readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
}
