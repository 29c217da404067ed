import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Tokenizer } from "@huggingface/tokenizers";
import { wellFormed } from "../../text/well-formed.ts";
import { RetrievalError } from "../../errors.ts";

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
 * Where the JavaScript tokenizer's BertNormalizer reads a text otherwise than the reference in Rust: a
 * final capital sigma lower-cased by its place in the word, ideographs outside the basic plane not
 * taken apart.
 */
function asReferenceReads(text: string): string {
  return text
    .replaceAll("Σ", "σ")
    .replaceAll(/[\u{20000}-\u{2A6DF}\u{2A700}-\u{2CEAF}\u{2F800}-\u{2FA1F}]/gu, " $& ");
}

/**
 * BERT's tokenizer never looks across white space, so the tokens of a word are the same wherever it
 * stands; most words come again and again, and looking them up is ten times as fast.
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

/** Some 5 MB; a language's frequent words are learnt again in no time. */
const mostWords = 50_000;
const longestWord = 40;
