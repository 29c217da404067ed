import { withoutExcessMarks } from "../text/excess-marks.ts";

const BEYOND_ASCII = /[\u0080-\uffff]/;

/** Letters without a removable accent that still have a plain spelling. */
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
 * Marks that readers do not need: Hebrew points and accents, Arabic vowels, and the stroke that only widens a
 * word.
 */
const OPTIONAL_MARKS =
  /[\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed]+/g;

/** Letters that keyboards of two languages encode differently, or whose hamza or dots writers omit. */
const arabicLetters: Readonly<Record<string, string>> = {
  آ: "ا",
  أ: "ا",
  إ: "ا",
  ٱ: "ا",
  ى: "ي",
  ی: "ي",
  ے: "ي",
  ک: "ك",
  ۀ: "ه",
  ہ: "ه",
  ۂ: "ه",
  ە: "ه",
  ة: "ه",
};
const ARABIC_LETTER = new RegExp(`[${Object.keys(arabicLetters).join("")}]`, "g");

const GREEK = /[\u0370-\u03ff\u1f00-\u1fff]/;
const CYRILLIC_IO = /ё/g;
const DEVANAGARI = /[\u0900-\u097f]/;
const SEMITIC = /[\u0590-\u06ff]/;
const DIGIT_BEYOND_ASCII = /(?![0-9])\p{Nd}/gu;

/**
 * Gives one spelling to text that reads the same: NFKC, lower case, one apostrophe, one hyphen, the digits 0 to
 * 9, and no invisible characters (soft hyphens, joiners, variation selectors). Removes Greek accents, which
 * capitals lack, and Hebrew and Arabic points and vowels. Maps Persian letters to Arabic ones, ё to е, and the
 * nasals of Devanagari to one.
 *
 * @see Unicode Standard Annex #15, https://www.unicode.org/reports/tr15/
 * @see Lucene's GreekLowerCaseFilter, ArabicNormalizer, PersianNormalizer and HindiNormalizer, which fold the same
 */
export function normalForm(text: string): string {
  if (!BEYOND_ASCII.test(text)) return text.toLowerCase();
  const plain = withoutExcessMarks(
    text
      .replaceAll(/\u00ad|\u200d|\u2060|\ufeff|\p{Variation_Selector}/gu, "")
      // NFKC would turn them into letters of the word before them.
      .replaceAll(/[\u2120\u2122]/g, " "),
  )
    .normalize("NFKC")
    .toLowerCase()
    .replaceAll("\u02bb", "") // The okina, which most writers omit: Hawaiʻi.
    .replaceAll(/[\u2018\u2019\u02bc\u05f3]/g, "'")
    .replaceAll(/[\u2010\u2212\u05be]/g, "-")
    .replaceAll(CYRILLIC_IO, "е")
    .replaceAll(DIGIT_BEYOND_ASCII, asciiDigit);
  const semitic = SEMITIC.test(plain) ? foldSemitic(plain) : plain;
  const indic = DEVANAGARI.test(semitic) ? foldDevanagari(semitic) : semitic;
  return GREEK.test(indic) ? foldGreek(indic) : indic;
}

/** Nasals have three spellings (हिन्दी, हिंदी, हिँदी), and the dot below is often omitted. */
function foldDevanagari(text: string): string {
  return text.replaceAll(/\u0928\u094d|\u0901/g, "\u0902").replaceAll("\u093c", "");
}

function foldSemitic(text: string): string {
  return text
    .replaceAll(OPTIONAL_MARKS, "")
    .replaceAll(ARABIC_LETTER, (letter) => arabicLetters[letter] ?? letter)
    .replaceAll("\u066b", ".")
    .replaceAll("\u066c", ",");
}

/** Removes accents, and replaces the final sigma by the ordinary one. */
function foldGreek(text: string): string {
  return text
    .normalize("NFD")
    .replaceAll(/(\p{Script=Greek})[\u0300-\u036f]+/gu, "$1")
    .normalize("NFC")
    .replaceAll("ς", "σ");
}

/** The digits of a script are consecutive; the first one's code point ends in 0 or 6 in hex. */
function asciiDigit(digit: string): string {
  const code = digit.codePointAt(0) ?? 0;
  const position = code & 15;
  const beginsAtZero = /^\p{Nd}/u.test(String.fromCodePoint(code - position));
  return String(beginsAtZero ? position : position - 6);
}

/** Removes the accents of a lower-case word in Latin letters; returns other words unchanged. */
export function withoutAccents(word: string): string {
  if (!BEYOND_ASCII.test(word)) return word;
  return word
    .normalize("NFD")
    .replaceAll(/(\p{Script=Latin})[\u0300-\u036f]+/gu, "$1")
    .normalize("NFC")
    .replaceAll(/[ßæœøłđðþı]/g, (letter) => plainLetters[letter] ?? letter);
}
