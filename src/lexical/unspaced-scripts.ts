/** A character, with its marks, of a script without spaces between words (or, in Korean, with few). */
const CHARACTER =
  /(?=[\p{L}\p{Nl}])[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Bopomofo}\p{Script=Hangul}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}\u30fc]\p{M}*/gu;

/** A character that is often a word by itself, and so becomes a term of its own. */
const WORD_BY_ITSELF = /^[\p{Script=Han}\p{Script=Hangul}]/u;

/**
 * All characters below these ranges belong to scripts with spaces: Latin, Greek, Cyrillic, Arabic, the scripts
 * of India.
 */
const MAY_BE_UNSPACED = /[\u0e00-\u0eff\u1000-\u11ff\u1780-\u17ff\u2e80-\uffff]/;

export interface RunReceiver {
  /** Called with each run of text that is written with spaces. */
  readonly words: (run: string) => void;
  /** Called with each term of a run that is written without spaces. */
  readonly term: (term: string) => void;
}

/**
 * Splits a text where a script without spaces begins. Turns such runs into overlapping pairs of characters, and
 * also into single characters for Han and Hangul. Every substring of two characters or more then finds the
 * text, which no dictionary guarantees. `Intl.Segmenter` treats 東京タワー as one word, which 東京 would not find; its
 * results change with the version of ICU, so a saved index would no longer match; and its time grows with the
 * square of the length.
 *
 * @see Kwok (SIGIR 1997): pairs retrieve as well as words, https://doi.org/10.1145/258525.258531
 * @see Nie et al. (IRAL 2000): single characters help, https://doi.org/10.1145/355214.355235
 */
export function forEachRun(text: string, { words, term }: RunReceiver): void {
  if (!MAY_BE_UNSPACED.test(text)) {
    words(text);
    return;
  }
  let end = 0;
  let previous = "";
  let paired = false;
  const finish = () => {
    if (previous !== "" && !paired && !WORD_BY_ITSELF.test(previous)) term(previous);
  };
  for (const match of text.matchAll(CHARACTER)) {
    const [character] = match;
    if (match.index > end || previous === "") {
      finish();
      if (match.index > end) words(text.slice(end, match.index));
      paired = false;
    } else {
      term(previous + character);
      paired = true;
    }
    if (WORD_BY_ITSELF.test(character)) term(character);
    previous = character;
    end = match.index + character.length;
  }
  finish();
  if (end < text.length) words(text.slice(end));
}
