import type { LanguageRules } from "./languages.ts";
import { normalForm, withoutAccents } from "./normal-form.ts";

/** A word, a number, or a code of several joined by single signs; `c++` and `c#` keep their end. */
const WORD = (() => {
  const piece = String.raw`[\p{L}\p{N}][\p{L}\p{N}\p{Mn}\p{Mc}]{0,127}`;
  const sign = String.raw`(?:[-_./=:@&+']|(?<=\p{N}),(?=\p{N}))`;
  return new RegExp(`${piece}(?:${sign}${piece}){0,15}(?:(?:\\+\\+|#)(?![\\p{L}\\p{N}+#]))?`, "gu");
})();

/** Where a code falls into parts: never inside `1.5` or `10.0.0.1`. */
const PART_END = /[-_/=:@&+]|(?<!\p{N})[.,]|[.,](?!\p{N})/u;
const SIGN_IN_CODE = /(?<!\p{N})[-_./=:@&+,]|[-_./=:@&+,](?!\p{N})/gu;
const LETTERS_OR_NUMBER = /[\p{L}\p{M}]+|\p{N}+(?:[.,]\p{N}+)*/gu;
const THOUSANDS = /^\p{N}{1,3}(?:,\p{N}{3})+(?:\.\p{N}+)?$/u;
const DIGIT = /\p{N}/u;

const LONGEST_CODE = 64;
const LONGEST_CACHED = 32;
const CACHE_SIZE = 50_000;

/** The terms of a text or a word, and the stop words that are none, as they are spelt. */
export interface CutWords {
  readonly terms: string[];
  readonly stopWords: string[];
}

/** Returns a function that adds the terms of a text in normal form, and its stop words, to what was cut before. */
export function createWordCutter(rules: LanguageRules): (text: string, cut: CutWords) => void {
  const dissect = createDissector(rules);
  const cache = new Map<string, CutWords>();
  return (text, { terms, stopWords }) => {
    for (const word of text.match(WORD) ?? []) {
      let found = cache.get(word);
      if (found === undefined) {
        const kept = detached(word);
        found = dissect(kept);
        if (cache.size >= CACHE_SIZE) cache.clear();
        if (kept.length <= LONGEST_CACHED) cache.set(kept, found);
      }
      for (const term of found.terms) terms.push(term);
      for (const stopWord of found.stopWords) stopWords.push(stopWord);
    }
  };
}

function createDissector(rules: LanguageRules): (word: string) => CutWords {
  const { stem, accents } = rules;
  const spell = accents === "fold-words" ? withoutAccents : (word: string) => word;
  const finish = accents === "fold-stems" ? withoutAccents : (word: string) => word;
  // Some lists have a word with its full stop or hyphen.
  const stopWords = new Set(
    rules.stopWords
      .map((word) => spell(normalForm(rules.respell?.(word) ?? word)))
      .map((word) => word.replaceAll(/^[^\p{L}\p{N}]+|[^\p{L}\p{M}\p{N}]+$/gu, "")),
  );
  // A stemmer knows words, not codes; and a code has no accents, but Turkish writes INT8 with ı.
  const termOf = (word: string) =>
    DIGIT.test(word) ? withoutAccents(word) : finish(stem(word)) || word;

  function addPart(part: string, { terms, stopWords: stops }: CutWords): void {
    if (stopWords.has(part)) return void stops.push(part);
    terms.push(termOf(THOUSANDS.test(part) ? part.replaceAll(",", "") : part));
    const pieces = DIGIT.test(part) ? (part.match(LETTERS_OR_NUMBER) ?? []) : [];
    // `int8` is found by `int` and `v1.5` by `1.5`; a checksum has too many pieces to mean any.
    if (pieces.length < 2 || pieces.length > 3) return;
    for (const piece of pieces) {
      if (piece.length > 1 && !stopWords.has(piece)) terms.push(termOf(piece));
    }
  }

  function addCode(code: string, cut: CutWords): void {
    const parts = code.split(PART_END);
    if (isCode(code, parts)) cut.terms.push(termOf(code.replaceAll(SIGN_IN_CODE, "")));
    for (const part of parts) addPart(part, cut);
  }

  return (word) => {
    const cut: CutWords = { terms: [], stopWords: [] };
    const spelled = spell(word);
    const named = spelled.replace(/[+#]+$/, "");
    if (named !== spelled) cut.terms.push(spelled.replace(/^.*[^\p{L}\p{N}\p{M}](?=[^+#])/u, ""));
    if (stopWords.has(named)) cut.stopWords.push(named);
    else for (const piece of atApostrophes(named)) addCode(piece, cut);
    return cut;
  };
}

/**
 * Whether the parts together get a term of their own, the same for `max-num-seqs`, `max_num_seqs` and
 * `maxNumSeqs`. Two hyphenated words do not: it costs quality on ordinary English (`low-density`).
 */
function isCode(code: string, parts: readonly string[]): boolean {
  if (parts.length < 2 || code.length > LONGEST_CODE) return false;
  return !(parts.length === 2 && /^[\p{L}\p{M}]{2,}-[\p{L}\p{M}]{2,}$/u.test(code));
}

/** `patient's`, `l'avion`: a single letter before or after an apostrophe is no word of its own. */
function atApostrophes(word: string): readonly string[] {
  if (!word.includes("'")) return [word];
  // In Cyrillic and Hebrew the apostrophe is part of the word.
  if (!/\p{Script=Latin}/u.test(word)) return [word.replaceAll("'", "")];
  return word.split("'").filter((piece) => piece.length > 1 || DIGIT.test(piece));
}

/** A copy of its own: a piece of a string would keep the whole text in memory for as long as the term. */
function detached(word: string): string {
  return ` ${word}`.slice(1);
}
