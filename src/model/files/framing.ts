import { RetrievalError } from "../../errors.ts";
import type { ModelFiles } from "./model-files.ts";
import type { Head } from "./model-head.ts";
import type { AnyTruncation } from "../tokens/packing.ts";
import { dividePrompt, type DividedPrompt } from "../tokens/pair-prompt.ts";
import { promptTemplates, readTemplates, type SequenceTemplates } from "../tokens/pair-template.ts";

/** How texts become the sequences that a model reads: framed by special tokens, or in a prompt. */
export interface Framing {
  readonly templates: SequenceTemplates;
  readonly truncation: AnyTruncation;
  /** Whether `prompt` takes an instruction. */
  readonly readsInstruction: boolean;
  /**
   * The prompt for a query; `undefined` if the model has none.
   *
   * @throws `invalid-option` if there is an instruction that the model does not read
   */
  readonly prompt: (query: string, instruction: string | undefined) => DividedPrompt | undefined;
}

/**
 * How a model with this parsed `tokenizer.json` and this head reads texts. `model` names it in errors.
 *
 * @throws `model-mismatch` if a language model has no prompt or an unexpected tokenizer, or another model no
 * template
 */
export function framingOf(
  model: string,
  tokenizer: Readonly<Record<string, unknown>>,
  { kind, logitScore }: Head,
  { settings: { prompt, truncation, decoder }, folder, tokenizerPath }: ModelFiles,
): Framing {
  if (kind === "score" && prompt) {
    const specialTokens = addedTokens(tokenizer);
    const place = { specialTokens, dividesAtSpaces: decoder !== undefined, origin: folder };
    if (decoder) requireWholeWords(tokenizer, specialTokens, tokenizerPath);
    else requireByteLevel(tokenizer, tokenizerPath);
    return {
      templates: promptTemplates,
      truncation: "text-only",
      readsInstruction: prompt.readsInstruction,
      prompt: (query, instruction) => {
        if (!prompt.readsInstruction) refuseInstruction(model, instruction);
        return dividePrompt(query, prompt.texts(instruction), place);
      },
    };
  }
  if (logitScore) {
    throw new RetrievalError(
      "model-mismatch",
      `Expected a chat template that writes messages with the roles \`query\` and \`document\` in ${folder}, found none: add the chat_template.jinja of the reranker.`,
    );
  }
  return {
    templates: readTemplates(tokenizer, tokenizerPath),
    truncation,
    readsInstruction: false,
    prompt: (_query, instruction) => refuseInstruction(model, instruction),
  };
}

/** Refuses a tokenizer that may join what `dividePrompt` divides. */
function requireByteLevel(tokenizer: Readonly<Record<string, unknown>>, path: string): void {
  const splitter = JSON.stringify(tokenizer["pre_tokenizer"] ?? null);
  if (splitter.includes('"ByteLevel"')) return;
  throw new RetrievalError(
    "model-mismatch",
    `Expected a byte-level tokenizer in ${path}, as language models of the kind of Qwen3 have, got another: this reranker is not supported.`,
  );
}

/** Refuses a tokenizer that may join words, or that lacks the token with which monoT5's prompt ends. */
function requireWholeWords(
  tokenizer: Readonly<Record<string, unknown>>,
  specialTokens: readonly string[],
  path: string,
): void {
  const splitter = JSON.stringify(tokenizer["pre_tokenizer"] ?? null);
  const isSplit =
    splitter.includes('"Metaspace"') &&
    (splitter.includes('"WhitespaceSplit"') || !splitter.includes('"split":false'));
  if (isSplit && specialTokens.includes("</s>")) return;
  throw new RetrievalError(
    "model-mismatch",
    `Expected a tokenizer in ${path} that splits at spaces ("Metaspace") and has the token "</s>", as that of T5, got another: use the tokenizer.json of the model.`,
  );
}

function refuseInstruction(model: string, instruction: string | undefined): undefined {
  if (instruction === undefined) return undefined;
  throw new RetrievalError(
    "invalid-option",
    `Expected no \`instruction\`, because ${model} does not read one: leave it out, or use a model that does, such as Qwen/Qwen3-Reranker-0.6B.`,
  );
}

function addedTokens(tokenizer: Readonly<Record<string, unknown>>): string[] {
  return Object.values(Object(tokenizer["added_tokens"])).flatMap((each) => {
    const content: unknown = Reflect.get(Object(each), "content");
    return typeof content === "string" ? [content] : [];
  });
}
