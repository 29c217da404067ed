import type { Marker } from "../text/citation-marker.ts";

/** The text around brackets that could be a marker. */
export interface Surroundings {
  /** The end of the text before them, without trailing blanks. */
  readonly before: string;
  readonly hasBlanks: boolean;
  /** Whether they directly follow a marker. */
  readonly isBehindMarker: boolean;
  readonly text: string;
  /** Offsets of their start and end in `text`. */
  readonly start: number;
  readonly end: number;
  /** Whether `text` is complete. */
  readonly isWhole: boolean;
}

/** Scripts without spaces between words, where a marker directly follows a word. */
const unspaced =
  /[\p{scx=Hani}\p{scx=Hira}\p{scx=Kana}\p{scx=Thai}\p{scx=Laoo}\p{scx=Khmr}\p{scx=Mymr}]$/u;
const word = /[\p{L}\p{M}\p{N}_$.]*[\p{L}\p{M}\p{N}_$]$/u;
/** A word that names a value in code: `w`, `row_ids`, `self.rows`. */
const identifier = /^\p{L}$|[_$]|\p{L}\.\p{L}/u;
/** Names with a full stop in them, such as those of files and of `Node.js`. */
const dottedName = /\.(?:js|ts|py|rs|md|net|io|ai|com|org|dev)$/i;
/** An amount of money, or the end of a formula. */
const moneyOrFormula = /^(?:\p{Lu}{0,3}\$\d[\d.]*|.*\$)$/u;
/** Code other than a word that can have a subscript: a call, a type with parameters, an arrow, and `?.`. */
const subscriptable =
  /[\p{L}\p{N}_$.)\]]{1,50}(?:\([^()]{0,50}\)|<(?!\/)[^<>]{0,50}>|[-=]>|\?\.)$/u;
/** Text that an interval or a list of values follows, whatever its numbers are. */
const beforeInterval =
  /(?<!\p{L})(?:(?:closed|open) )?(?:intervals?|ranges?|vectors?|arrays?|tuples?|intervall|(?:werte)?bereich|vektor|tupel)$/iu;
/** Text that an interval or a list of values may follow, if its numbers are not those of passages. */
const beforeValues =
  /(?<!\p{L})(?:between|from|within|lists?|sets?|values?|shapes?|zwischen|von|aus|liste|menge|werten?|(?<!(?:shown|described|given|reported|explained|discussed|stated|found|noted|seen|mentioned|listed|defined|said)\s)in)$/iu;
/** Text that a value follows in JSON and in code. */
const beforeValue = /["'][ \t]*:$|(?<![=<>!])=$|[\p{L}\p{N}_]\($/u;
const mostBeforeValue = 20;
/** A key without quotes, which needs the opening brace of its object. */
const bareKey = /\{(?:[^{}]*,)?\s*[\p{L}_$][\p{L}\p{N}_$]*[ \t]*:$/u;
/** The inside of an address, a link target, or a tag. */
const inAddress = /:\/\/[^\s)>\]]*$|\]\([^\s)]*$|<[a-z/][^<>]*$/i;
/** An open bracket that contains nothing but other brackets. */
const inList = /\[(?:\s*\[[^[\]]*\]\s*,)*\s*$/;
/** The text of a link whose target follows in brackets, or another subscript. */
const bracketsBefore = /\[[^[\]]*\]$/;
const lineStart = /(?:^|\n)[\s>]*(?:[-*+]\s+)?$/;
/** Consecutive short markers. */
const chain = /(?:\[[\d０-９\s,;\u2010-\u2015-]{1,16}\])+/y;
/** The end of a sentence, at most 20 characters long. */
const sentenceEnd =
  /["'”’»)*_]{0,4}(?:[.!?;:…]{1,4}["'”’»)*_]{0,4}(?=\s|$)|[。！？；：]|[ \t]{0,4}(?:\r?\n|$))/y;
const mostSentenceEnd = 20;
/** Text that continues the sentence. */
const goesOn = /^(?:[\p{L}\p{N}]|[ \t]+[\p{L}\p{N}\p{Ps}\p{Pi}"'`$*_&<\\])/u;
const mostBlanks = 8;

/**
 * Distinguishes citations from other uses of brackets by their context: subscripts, links, values, intervals,
 * years.
 */
export class MarkerClassifier {
  readonly #passages: number;
  /** Words that had a subscript. */
  readonly #subscripted = new Set<string>();

  constructor(passages: number) {
    this.#passages = passages;
  }

  /** Whether brackets are a marker; `undefined` if that depends on further text. */
  isMarker(marker: Marker, around: Surroundings): boolean | undefined {
    const { before, hasBlanks, isBehindMarker, text, start, end, isWhole } = around;
    if (end === text.length && !isWhole) return undefined;
    const isSquare = text[start] === "[";
    if (isSquare && text[end] === "(") return false;
    if (isSquare && text[end] === ":" && lineStart.test(before)) return false;
    if (isBehindMarker) return true;
    if (inAddress.test(before) && !hasBlanks) return false;
    if (beforeValue.test(before.slice(-mostBeforeValue)) || bareKey.test(before)) return false;
    if (isSquare && inList.test(before)) {
      // Brackets in brackets, as in `[[1]]`, unless they are the text of a link.
      const isAlone = text[end] === "]" && marker.parts.length === 1;
      if (isAlone && end + 1 === text.length && !isWhole) return undefined;
      if (isAlone ? text[end + 1] === "(" : /[,\]]/.test(text[end] ?? "")) return false;
    }
    if (marker.isExplicit) return true;
    if (isSquare && !hasBlanks) {
      if (bracketsBefore.test(before)) return false;
      if (!unspaced.test(before)) {
        const [stem] = word.exec(before) ?? subscriptable.exec(before) ?? [];
        if (stem !== undefined && !moneyOrFormula.test(stem)) {
          return this.#isBehindWord(stem, marker, around);
        }
      }
    }
    if (isSquare && hasBlanks && isInterval(marker, before, this.#namesAll(marker))) return false;
    return this.#namesAll(marker) || isInvented(marker, around, (part) => this.#namesSome(part));
  }

  /** After a word, brackets are a subscript unless they end a sentence. */
  #isBehindWord(
    stem: string,
    marker: Marker,
    { text, start, isWhole }: Surroundings,
  ): boolean | undefined {
    if (this.#namesAll(marker) && !isIdentifier(stem) && !this.#subscripted.has(stem)) {
      chain.lastIndex = start;
      chain.test(text);
      const { lastIndex: end } = chain;
      if (!isWhole && end + mostSentenceEnd > text.length) return undefined;
      sentenceEnd.lastIndex = end;
      if (sentenceEnd.test(text)) return true;
    }
    this.#subscripted.add(stem);
    return false;
  }

  #namesAll({ parts }: Marker): boolean {
    return parts.every(({ first, last }) => first >= 1 && last <= this.#passages);
  }

  #namesSome({ first, last }: Marker["parts"][0]): boolean {
    return last >= 1 && first <= this.#passages;
  }
}

function isIdentifier(stem: string): boolean {
  return identifier.test(stem) && !dottedName.test(stem);
}

function isInterval({ parts }: Marker, before: string, namesAll: boolean): boolean {
  const isOne = parts.length === 1 && parts[0].first === parts[0].last;
  if (isOne) return false;
  return beforeInterval.test(before) || (!namesAll && beforeValues.test(before));
}

/**
 * Whether brackets with some numbers that name no passage were meant as a citation. They were not if they are a
 * year, contain 0 or a large number in the middle of a sentence, are a list or interval with such numbers, or
 * are followed by a marker.
 */
function isInvented(
  { parts }: Marker,
  { hasBlanks, text, end, isWhole }: Surroundings,
  namesSome: (part: Marker["parts"][0]) => boolean,
): boolean | undefined {
  const following = text.slice(end, end + mostBlanks + 1);
  if (!isWhole && following.length <= mostBlanks && /^[ \t]*$/.test(following)) return undefined;
  const [{ first }] = parts;
  const isOdd = parts.some((part) => part.first === 0 || part.last >= 100);
  if (parts.length === 1 && parts[0].first === parts[0].last) {
    if (first >= 1000 && first < 3000) return false;
    if (first === 0 && !hasBlanks) return false;
    return !isOdd || !(goesOn.test(following) || (first === 0 && following.startsWith(",")));
  }
  if (isOdd || /^[ \t]+[[［【]/.test(following)) return false;
  return parts.some((part) => namesSome(part)) || !goesOn.test(following);
}
