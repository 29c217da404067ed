import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Tokenizer } from "@huggingface/tokenizers";
import { wellFormed } from "../documents/well-formed.ts";
import { RetrievalError } from "../errors.ts";

/** Turns a text into token ids, without special tokens and without a limit of length. */
export type Encode = (text: string) => readonly number[];

/**
 * Loads `tokenizer.json` with Hugging Face's tokenizer. Truncation and padding that the file may ask
 * for are left out: packing is done elsewhere, by the model's real window.
 */
export async function loadTokenizer(path: string): Promise<Encode> {
  try {
    const definition: { normalizer?: unknown } = JSON.parse(await readFile(path, "utf8"));
    const config = await readFile(join(dirname(path), "tokenizer_config.json"), "utf8").then(
      (text): object => JSON.parse(text),
      () => ({}),
    );
    const tokenizer = new Tokenizer(definition, config);
    const isBert = JSON.stringify(definition.normalizer ?? null).includes('"BertNormalizer"');
    return (text) => {
      const whole = wellFormed(text);
      const prepared = isBert ? asReferenceReads(whole) : whole;
      return tokenizer.encode(prepared, { add_special_tokens: false }).ids;
    };
  } catch (cause) {
    throw new RetrievalError(
      "model-damaged",
      `Could not read the tokenizer in ${path}: ${String(cause)}`,
      { cause },
    );
  }
}

/**
 * Where the JavaScript tokenizer's BertNormalizer reads a text otherwise than the reference in Rust: a
 * final capital sigma lower-cased by its place in the word, ideographs outside the basic plane not
 * taken apart.
 */
function asReferenceReads(text: string): string {
  return text
    .replaceAll("Σ", "σ")
    .replaceAll(/[\u{20000}-\u{2A6DF}\u{2A700}-\u{2CEAF}\u{2F800}-\u{2FA1F}]/gu, " $& ");
}
