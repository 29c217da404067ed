import { stemmer as arabicStem } from "@orama/stemmers/arabic";
import { stemmer as danishStem } from "@orama/stemmers/danish";
import { stemmer as dutchStem } from "@orama/stemmers/dutch";
import { stemmer as finnishStem } from "@orama/stemmers/finnish";
import { stemmer as frenchStem } from "@orama/stemmers/french";
import { stemmer as germanStem } from "@orama/stemmers/german";
import { stemmer as hungarianStem } from "@orama/stemmers/hungarian";
import { stemmer as italianStem } from "@orama/stemmers/italian";
import { stemmer as norwegianStem } from "@orama/stemmers/norwegian";
import { stemmer as portugueseStem } from "@orama/stemmers/portuguese";
import { stemmer as romanianStem } from "@orama/stemmers/romanian";
import { stemmer as russianStem } from "@orama/stemmers/russian";
import { stemmer as spanishStem } from "@orama/stemmers/spanish";
import { stemmer as swedishStem } from "@orama/stemmers/swedish";
import { stemmer as turkishStem } from "@orama/stemmers/turkish";
import { stopwords as arabicStops } from "@orama/stopwords/arabic";
import { stopwords as danishStops } from "@orama/stopwords/danish";
import { stopwords as dutchStops } from "@orama/stopwords/dutch";
import { stopwords as englishStops } from "@orama/stopwords/english";
import { stopwords as finnishStops } from "@orama/stopwords/finnish";
import { stopwords as frenchStops } from "@orama/stopwords/french";
import { stopwords as germanStops } from "@orama/stopwords/german";
import { stopwords as hungarianStops } from "@orama/stopwords/hungarian";
import { stopwords as italianStops } from "@orama/stopwords/italian";
import { stopwords as norwegianStops } from "@orama/stopwords/norwegian";
import { stopwords as portugueseStops } from "@orama/stopwords/portuguese";
import { stopwords as romanianStops } from "@orama/stopwords/romanian";
import { stopwords as russianStops } from "@orama/stopwords/russian";
import { stopwords as spanishStops } from "@orama/stopwords/spanish";
import { stopwords as swedishStops } from "@orama/stopwords/swedish";
import { stopwords as turkishStops } from "@orama/stopwords/turkish";
import { stemmer as porterStem } from "stemmer";

/** Language rules for turning a text into terms. */
export interface LanguageRules {
  /** Stems a lower-case word. */
  readonly stem: (word: string) => string;
  /** Words that occur in every text and carry no information. */
  readonly stopWords: readonly string[];
  /** Whether accents are removed before stemming, after stemming, or not at all. */
  readonly accents: "fold-words" | "fold-stems" | "keep";
  /** Converts a text to the spelling that the stemmer expects, before it is lower-cased. */
  readonly respell?: (text: string) => string;
}

/** A language that the analyzer supports; `"none"` has no stop words and no stemmer, and keeps accents. */
export type AnalyzerLanguage =
  | "arabic"
  | "danish"
  | "dutch"
  | "english"
  | "finnish"
  | "french"
  | "german"
  | "hungarian"
  | "italian"
  | "none"
  | "norwegian"
  | "portuguese"
  | "romanian"
  | "russian"
  | "spanish"
  | "swedish"
  | "turkish";

/**
 * English uses Porter's algorithm, as Lucene's `EnglishAnalyzer` does; the others use Snowball's, from before
 * version 3. Accents are removed where writers may omit them, and kept where they make a different letter
 * (German handles this in its stemmer: ü becomes u).
 *
 * @see Porter (1980), https://doi.org/10.1108/eb046814
 * @see https://snowballstem.org/algorithms/
 */
export const languages: Readonly<Record<AnalyzerLanguage, LanguageRules>> = {
  arabic: { stem: arabicStem, stopWords: arabicStops, accents: "keep" },
  danish: { stem: danishStem, stopWords: danishStops, accents: "keep" },
  dutch: { stem: dutchStem, stopWords: dutchStops, accents: "keep" },
  english: { stem: porterStem, stopWords: englishStops, accents: "fold-words" },
  finnish: { stem: finnishStem, stopWords: finnishStops, accents: "keep" },
  french: { stem: frenchStem, stopWords: frenchStops, accents: "fold-stems" },
  german: { stem: germanStem, stopWords: germanStops, accents: "keep" },
  hungarian: { stem: hungarianStem, stopWords: hungarianStops, accents: "keep" },
  italian: { stem: italianStem, stopWords: italianStops, accents: "fold-stems" },
  none: { stem: (word) => word, stopWords: [], accents: "keep" },
  norwegian: { stem: norwegianStem, stopWords: norwegianStops, accents: "keep" },
  portuguese: { stem: portugueseStem, stopWords: portugueseStops, accents: "fold-stems" },
  romanian: {
    stem: romanianStem,
    stopWords: romanianStops,
    accents: "keep",
    respell: withCedillas,
  },
  russian: { stem: russianStem, stopWords: russianStops, accents: "keep" },
  spanish: { stem: spanishStem, stopWords: spanishStops, accents: "fold-stems" },
  swedish: { stem: swedishStem, stopWords: swedishStops, accents: "keep" },
  turkish: {
    stem: turkishStem,
    stopWords: turkishStops,
    accents: "keep",
    respell: withTurkishLowerCaseI,
  },
};

/** The stemmer knows ş and ţ with a cedilla only, not with a comma below. */
function withCedillas(text: string): string {
  return text.replaceAll(/[\u0218\u0219]/g, "\u015f").replaceAll(/[\u021a\u021b]/g, "\u0163");
}

/** Turkish has two letters i: İ is the capital of i, and I is the capital of ı. */
function withTurkishLowerCaseI(text: string): string {
  return text.replaceAll(/\u0130|I\u0307/g, "i").replaceAll("I", "\u0131");
}
