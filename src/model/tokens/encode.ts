import { wellFormed } from "../../text/well-formed.ts";

/** Turns a text into token ids, without special tokens and without truncation. */
export type Encode = (text: string) => readonly number[];

/**
 * Encodes as the reference in Rust does, by a tokenizer in JavaScript; `isBert` says that it normalises as
 * BERT's does.
 */
export function encodeAsReference(encode: Encode, isBert: boolean): Encode {
  if (!isBert) return (text) => encode(wellFormed(text));
  const encodeWords = wordByWord(encode);
  // JavaScript makes another letter of a capital sigma at the end of a word; the reference does not.
  const lowercases = encode("Σ").join() === encode("σ").join();
  const readSigma = (text: string): string => (lowercases ? text.replaceAll("Σ", "σ") : text);
  return (text) => encodeWords(readSigma(separateIdeographs(wellFormed(text))));
}

/** Separates the ideographs outside the basic plane, which the tokenizer in JavaScript joins. */
function separateIdeographs(text: string): string {
  return text.replaceAll(/[\u{20000}-\u{2A6DF}\u{2A700}-\u{2CEAF}\u{2F800}-\u{2FA1F}]/gu, " $& ");
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
