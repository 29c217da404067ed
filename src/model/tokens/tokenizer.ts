import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Tokenizer } from "@huggingface/tokenizers";
import { wellFormed } from "../../text/well-formed.ts";
import { RetrievalError } from "../../errors.ts";

/** Turns a text into token ids, without special tokens and without truncation. */
export type Encode = (text: string) => readonly number[];

/**
 * Loads `tokenizer.json` with Hugging Face's tokenizer. Ignores the truncation and padding settings in the
 * file: packing uses the model's real window.
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
    const encode: Encode = (text) => tokenizer.encode(text, { add_special_tokens: false }).ids;
    if (!isBert) return (text) => encode(wellFormed(text));
    const encodeWords = wordByWord(encode);
    return (text) => encodeWords(asReferenceReads(wellFormed(text)));
  } catch (cause) {
    throw new RetrievalError(
      "model-damaged",
      `Could not read the tokenizer in ${path} (${String(cause)}): delete the file and fetch it again.`,
      { cause },
    );
  }
}

/**
 * Corrects the texts that the JavaScript tokenizer's BertNormalizer reads differently from the reference in
 * Rust: a final capital sigma becomes a final lower-case one, and ideographs outside the basic plane are not
 * separated.
 */
function asReferenceReads(text: string): string {
  return text
    .replaceAll("Σ", "σ")
    .replaceAll(/[\u{20000}-\u{2A6DF}\u{2A700}-\u{2CEAF}\u{2F800}-\u{2FA1F}]/gu, " $& ");
}

/**
 * BERT's tokenizer never looks across white space, so a word's tokens do not depend on its neighbours. Most
 * words repeat, and a lookup is ten times as fast.
 */
function wordByWord(encode: Encode): Encode {
  const known = new Map<string, readonly number[]>();
  return (text) => {
    const ids: number[] = [];
    for (const word of text.split(/[ \t\n\r]+/)) {
      let own = known.get(word);
      if (!own) {
        own = encode(word);
        if (known.size >= mostWords) known.clear();
        if (word.length <= longestWord) known.set(word, own);
      }
      for (const id of own) ids.push(id);
    }
    return ids;
  };
}

/** About 5 MB; the frequent words of a language are soon cached again. */
const mostWords = 50_000;
const longestWord = 40;
