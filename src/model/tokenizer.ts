import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Tokenizer } from "@huggingface/tokenizers";
import { RetrievalError } from "../errors.ts";

/** Turns a text into token ids, without special tokens and without a limit of length. */
export type Encode = (text: string) => readonly number[];

/**
 * Loads `tokenizer.json` with Hugging Face's tokenizer. Truncation and padding that the file may ask
 * for are left out: packing is done elsewhere, by the model's real window.
 */
export async function loadTokenizer(path: string): Promise<Encode> {
  try {
    const definition: object = JSON.parse(await readFile(path, "utf8"));
    const config = await readFile(join(dirname(path), "tokenizer_config.json"), "utf8").then(
      (text): object => JSON.parse(text),
      () => ({}),
    );
    const tokenizer = new Tokenizer(definition, config);
    const encode: Encode = (text) => tokenizer.encode(text, { add_special_tokens: false }).ids;
    return (text) => encode(text.replaceAll(loneSurrogates, "\uFFFD"));
  } catch (cause) {
    throw new RetrievalError(
      "model-damaged",
      `Could not read the tokenizer in ${path}: ${String(cause)}`,
      { cause },
    );
  }
}

/** Half a character, as a cut string has it: no Unicode text, so no tokenizer defines it. */
const loneSurrogates = /\p{Surrogate}/gu;
