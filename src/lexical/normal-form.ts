import { withoutExcessMarks } from "../text/excess-marks.ts";

const BEYOND_ASCII = /[\u0080-\uffff]/;

/** Letters that have no accent to take off and yet a plain spelling. */
const plainLetters: Readonly<Record<string, string>> = {
  ß: "ss",
  æ: "ae",
  œ: "oe",
  ø: "o",
  ł: "l",
  đ: "d",
  ð: "d",
  þ: "th",
  ı: "i",
};

/**
 * One spelling for what reads the same: NFKC, lower case, one apostrophe, one hyphen, and without the
 * characters nobody sees (soft hyphens, joiners, variation selectors).
 *
 * @see Unicode Standard Annex #15, https://www.unicode.org/reports/tr15/
 */
export function normalForm(text: string): string {
  if (!BEYOND_ASCII.test(text)) return text.toLowerCase();
  return withoutExcessMarks(
    text
      .replaceAll(/\u00ad|\u200d|\u2060|\ufeff|\p{Variation_Selector}/gu, "")
      // NFKC makes letters of them, which would become part of the word they follow.
      .replaceAll(/[\u2120\u2122]/g, " "),
  )
    .normalize("NFKC")
    .toLowerCase()
    .replaceAll(/[\u2018\u2019\u02bc]/g, "'")
    .replaceAll(/[\u2010\u2212]/g, "-");
}

/** A lower-case word in the letters of the English alphabet, where it is written in Latin letters. */
export function withoutAccents(word: string): string {
  if (!BEYOND_ASCII.test(word)) return word;
  return word
    .normalize("NFD")
    .replaceAll(/(\p{Script=Latin})[\u0300-\u036f]+/gu, "$1")
    .normalize("NFC")
    .replaceAll(/[ßæœøłđðþı]/g, (letter) => plainLetters[letter] ?? letter);
}
