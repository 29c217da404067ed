import { wellFormed } from "../../text/well-formed.ts";

/** Turns a text into token ids, without special tokens and without truncation. */
export type Encode = (text: string) => readonly number[];

/**
 * Tokenizers whose tokens never reach across the boundaries between words: BERT's, and byte-level BPE, as GPT-2,
 * ModernBERT and Qwen use it.
 */
export type WordTokenizer = "bert" | "byte-level";

/**
 * Encodes as the reference in Rust does, by a tokenizer in JavaScript. Caches the tokens of words if `words` says
 * where words end.
 */
export function encodeAsReference(encode: Encode, words: WordTokenizer | undefined): Encode {
  // JavaScript lower-cases a capital sigma at the end of a word to another letter; the reference does not.
  const lowercases = encode("Σ").join() === encode("σ").join();
  const readSigma = (text: string): string => (lowercases ? text.replaceAll("Σ", "σ") : text);
  if (words === undefined) return (text) => encode(readSigma(wellFormed(text)));
  const encodeWords = wordByWord(encode, wordBoundaries[words]);
  return words === "bert"
    ? (text) => encodeWords(readSigma(separateIdeographs(wellFormed(text))))
    : (text) => encodeWords(readSigma(wellFormed(text)));
}

/** White space; or the position before a single space, which byte-level BPE takes for a part of the next word. */
const wordBoundaries: Readonly<Record<WordTokenizer, RegExp>> = {
  bert: /[ \t\n\r]+/,
  "byte-level": /(?<=\S)(?= \S)/,
};

/** Separates the ideographs outside the basic plane, which the tokenizer in JavaScript joins. */
function separateIdeographs(text: string): string {
  return text.replaceAll(/[\u{20000}-\u{2A6DF}\u{2A700}-\u{2CEAF}\u{2F800}-\u{2FA1F}]/gu, " $& ");
}

/** A word's tokens do not depend on its neighbours. Most words repeat, and a lookup is ten times as fast. */
function wordByWord(encode: Encode, boundary: RegExp): Encode {
  const known = new Map<string, readonly number[]>();
  return (text) => {
    const ids: number[] = [];
    for (const word of text.split(boundary)) {
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
