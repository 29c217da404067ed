import { checkedByTaker, methods } from "../option-rules.ts";
import { describe, RetrievalError } from "../errors.ts";
import { requireOptions, type OptionRules, type OptionRule } from "../options.ts";
import { languages, type AnalyzerLanguage, type LanguageRules } from "./languages.ts";
import { normalForm } from "./normal-form.ts";
import { forEachRun } from "./unspaced-scripts.ts";
import { createWordCutter } from "./words.ts";

export type { AnalyzerLanguage } from "./languages.ts";

/** The terms and the stop words of a text. */
export interface AnalyzedText {
  readonly terms: string[];
  readonly stopWords: string[];
}

/** Turns a text into terms to match; the same text always gives the same terms. */
export interface Analyzer {
  /**
   * Identifies the analyzer and its options: a saved index can only be loaded with an analyzer of the same
   * name.
   */
  readonly name: string;
  /** Returns the terms of `text` in the order of their words; a word that occurs twice counts twice. */
  analyze(text: string): string[];
  /**
   * Returns the same terms and, separately, the stop words. An index uses stop words only for queries without
   * other words, such as `The Who`. @defaultValue an index without stop words
   */
  analyzeAll?(text: string): AnalyzedText;
  /**
   * Whether a text may be cut at blanks: its terms are then those of the parts, in order. An index analyses a
   * long text in parts, to give other work a turn. @defaultValue false
   */
  readonly cutsAtBlanks?: boolean | undefined;
}

/** Language rules of an analyzer. */
export interface AnalyzerOptions {
  /** The language of the stop words and the stemmer; `"none"` uses neither. @defaultValue "english" */
  readonly language?: AnalyzerLanguage | undefined;
}

export const analyzerRule: OptionRule = methods("an analyzer, such as createAnalyzer()", "analyze");

const analyzerOptionRules: OptionRules<AnalyzerOptions> = { language: checkedByTaker };

/** Increased when any text gets different terms than before; older saved indexes are then refused. */
const RULES = 3;

/**
 * Creates an analyzer for natural language. Upper and lower case, and full and half width, are equal. Words are
 * stemmed. Stop words are left out unless a query has no other words. A code such as `RFC-2119` becomes one
 * term for the whole and one for each part. Chinese, Japanese, Korean, Thai, Lao, Khmer and Burmese become
 * pairs of characters. Accents are ignored in English (`café`); in French, Italian, Portuguese and Spanish they
 * are removed after stemming; in other languages they distinguish letters.
 */
export function createAnalyzer(options: AnalyzerOptions = {}): Analyzer {
  const { language = "english" } = requireOptions("createAnalyzer", options, analyzerOptionRules);
  const rules = rulesOf(language);
  const addWords = createWordCutter(rules);
  const analyzeAll = (text: string): AnalyzedText => {
    const cut: AnalyzedText = { terms: [], stopWords: [] };
    forEachRun(normalForm(rules.respell?.(text) ?? text), {
      words: (run) => addWords(run, cut),
      term: (term) => cut.terms.push(term),
    });
    return cut;
  };
  return Object.freeze({
    name: `words-${RULES}:${language}`,
    cutsAtBlanks: true,
    analyze: (text: string) => analyzeAll(text).terms,
    analyzeAll,
  });
}

function rulesOf(language: AnalyzerLanguage): LanguageRules {
  if (Object.hasOwn(languages, language)) return languages[language];
  throw new RetrievalError(
    "invalid-option",
    `Expected \`language\` to be one of ${Object.keys(languages).join(", ")}; got ${describe(language)}.`,
  );
}
