import type { LanguageRules } from "./languages.ts";
import { normalForm, withoutAccents } from "./normal-form.ts";

/**
 * A word, a number, or a code of several joined by single punctuation marks; `c++` and `c#` keep their suffix.
 */
const WORD = (() => {
  const piece = String.raw`[\p{L}\p{N}][\p{L}\p{N}\p{Mn}\p{Mc}]{0,127}`;
  const sign = String.raw`(?:[-_./=:@&+']|(?<=\p{N}),(?=\p{N}))`;
  return new RegExp(`${piece}(?:${sign}${piece}){0,15}(?:(?:\\+\\+|#)(?![\\p{L}\\p{N}+#]))?`, "gu");
})();

/** Where a code is split into parts: never inside `1.5` or `10.0.0.1`. */
const PART_END = /[-_/=:@&+]|(?<!\p{N})[.,]|[.,](?!\p{N})/u;
const SIGN_IN_CODE = /(?<!\p{N})[-_./=:@&+,]|[-_./=:@&+,](?!\p{N})/gu;
const LETTERS_OR_NUMBER = /[\p{L}\p{M}]+|\p{N}+(?:[.,]\p{N}+)*/gu;
const THOUSANDS = /^\p{N}{1,3}(?:,\p{N}{3})+(?:\.\p{N}+)?$/u;
const DIGIT = /\p{N}/u;

const LONGEST_CODE = 64;
const LONGEST_CACHED = 32;
const CACHE_SIZE = 50_000;

/** The terms of a text or a word, and its stop words in their original spelling. */
export interface CutWords {
  readonly terms: string[];
  readonly stopWords: string[];
}

/** Returns a function that appends the terms and stop words of a normalised text to `cut`. */
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
  // Some lists have words with a full stop or hyphen at the end.
  const stopWords = new Set(
    rules.stopWords
      .map((word) => spell(normalForm(rules.respell?.(word) ?? word)))
      .map((word) => word.replaceAll(/^[^\p{L}\p{N}]+|[^\p{L}\p{M}\p{N}]+$/gu, "")),
  );
  // Stemmers expect words, not codes. A code has no accents, but Turkish lower-cases INT8 with ı.
  const termOf = (word: string) =>
    DIGIT.test(word) ? withoutAccents(word) : finish(stem(word)) || word;

  function addPart(part: string, { terms, stopWords: stops }: CutWords): void {
    if (stopWords.has(part)) return void stops.push(part);
    terms.push(termOf(THOUSANDS.test(part) ? part.replaceAll(",", "") : part));
    const pieces = DIGIT.test(part) ? (part.match(LETTERS_OR_NUMBER) ?? []) : [];
    // `int8` is found by `int`, and `v1.5` by `1.5`; a checksum has too many pieces for any of them to be
    // meaningful.
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
 * Whether the joined parts become a term of their own, the same for `max-num-seqs`, `max_num_seqs` and
 * `maxNumSeqs`. Two hyphenated words do not (`low-density`): it reduces quality on ordinary English.
 */
function isCode(code: string, parts: readonly string[]): boolean {
  if (parts.length < 2 || code.length > LONGEST_CODE) return false;
  return !(parts.length === 2 && /^[\p{L}\p{M}]{2,}-[\p{L}\p{M}]{2,}$/u.test(code));
}

/** `patient's`, `l'avion`: a single letter before or after an apostrophe is not a word of its own. */
function atApostrophes(word: string): readonly string[] {
  if (!word.includes("'")) return [word];
  // In Cyrillic and Hebrew, the apostrophe is part of the word.
  if (!/\p{Script=Latin}/u.test(word)) return [word.replaceAll("'", "")];
  return word.split("'").filter((piece) => piece.length > 1 || DIGIT.test(piece));
}

/** Copies the word: a substring would keep the whole text in memory as long as the term exists. */
function detached(word: string): string {
  return ` ${word}`.slice(1);
}
