import { RetrievalError } from "../../errors.ts";

/** The texts that a prompt puts around a query and a document. */
export interface PromptTexts {
  readonly before: string;
  readonly between: string;
  readonly after: string;
}

/** How a language model is asked about a query and a document. */
export interface PairPrompt {
  readonly readsInstruction: boolean;
  /** The texts for an instruction, or for none. */
  texts(instruction: string | undefined): PromptTexts;
}

/** A prompt for one query, in parts that have the same tokens apart as together. */
export interface DividedPrompt {
  /** Everything up to the document, with the query. */
  readonly opening: string;
  /** What has to be tokenised together with a document, before it. */
  readonly lead: string;
  /** Everything after the document. */
  readonly closing: string;
}

/** What decides where a prompt can be divided. */
export interface PromptPlace {
  /** The tokenizer divides a text at each of them. */
  readonly specialTokens: readonly string[];
  /** Whether it divides at every space, even at one that follows spaces, as T5's does. @defaultValue false */
  readonly dividesAtSpaces?: boolean;
  /** Names the prompt's file in errors. */
  readonly origin: string;
}

/**
 * Writes the prompt of a query, divided where the tokenizer always divides it: at a special token, or before a space
 * between words. A document may end in spaces, so only some tokenizers divide at a space after it.
 *
 * @throws `model-mismatch` if the prompt cannot be divided
 */
export function dividePrompt(
  query: string,
  { before, between, after }: PromptTexts,
  { specialTokens, dividesAtSpaces = false, origin }: PromptPlace,
): DividedPrompt {
  const lead = leadOf(between, specialTokens);
  const closes =
    after === "" ||
    (dividesAtSpaces && after.startsWith(" ")) ||
    specialTokens.some((token) => after.startsWith(token));
  if (lead !== undefined && closes) {
    const rest = between.slice(0, between.length - lead.length);
    return { opening: before + query + rest, lead, closing: after };
  }
  throw new RetrievalError(
    "model-mismatch",
    `Expected the chat template in ${origin} to write a special token or a space before the document and a special token after it, got ${JSON.stringify(between)} and ${JSON.stringify(after)}: this template is not supported.`,
  );
}

/** The end of the text before a document: the part that may share a token with the document's beginning. */
function leadOf(between: string, specialTokens: readonly string[]): string | undefined {
  const ends = specialTokens.map((token) => {
    const start = between.lastIndexOf(token);
    return start === -1 ? -1 : start + token.length;
  });
  const end = Math.max(-1, ...ends);
  if (end !== -1) return between.slice(end);
  return /\S $/.test(between) ? " " : undefined;
}

const instructionOfQwen3 =
  "Given a web search query, retrieve relevant passages that answer the query";

/**
 * The prompt of Qwen3-Reranker.
 *
 * @see https://huggingface.co/Qwen/Qwen3-Reranker-0.6B
 */
export const qwen3Prompt: PairPrompt = {
  readsInstruction: true,
  texts: (instruction = instructionOfQwen3) => ({
    before: `<|im_start|>system\nJudge whether the Document meets the requirements based on the Query and the Instruct provided. Note that the answer can only be "yes" or "no".<|im_end|>\n<|im_start|>user\n<Instruct>: ${instruction}\n<Query>: `,
    between: "\n<Document>: ",
    after: "<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n",
  }),
};

/**
 * The prompt of monoT5, which has no instruction.
 *
 * @see Nogueira et al. (EMNLP 2020), https://doi.org/10.18653/v1/2020.findings-emnlp.63
 */
export const monoT5Prompt: PairPrompt = {
  readsInstruction: false,
  texts: () => ({ before: "Query: ", between: " Document: ", after: " Relevant:</s>" }),
};
