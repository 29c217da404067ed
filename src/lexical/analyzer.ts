import { describe, RetrievalError } from "../errors.ts";
import { requireOptions, type OptionNames } from "../known-options.ts";
import { languages, type AnalyzerLanguage, type LanguageRules } from "./languages.ts";
import { normalForm } from "./normal-form.ts";
import { forEachRun } from "./unspaced-scripts.ts";
import { createWordCutter } from "./words.ts";

export type { AnalyzerLanguage } from "./languages.ts";

/** A text as terms that count, and stop words that do not. */
export interface AnalyzedText {
  readonly terms: string[];
  readonly stopWords: string[];
}

/** Turns a text into the terms that are matched; the same text always gives the same terms. */
export interface Analyzer {
  /** Identifies the analyzer together with its options: a saved index refuses another name. */
  readonly name: string;
  /** The terms of `text`, those of an earlier word first; a word that occurs twice counts twice. */
  analyze(text: string): string[];
  /**
   * The same terms, and the stop words that are none: an index keeps them for queries that hold nothing else, such
   * as `The Who`. @defaultValue an index without stop words
   */
  analyzeAll?(text: string): AnalyzedText;
  /**
   * Whether the terms of a text are those of its parts between blanks, one after the other: an index then
   * analyses a long text in pieces, with other work in between. @defaultValue false
   */
  readonly cutsAtBlanks?: boolean | undefined;
}

export interface AnalyzerOptions {
  /** Whose stop words and stemmer are used; `"none"` switches both off. @defaultValue "english" */
  readonly language?: AnalyzerLanguage | undefined;
}

const analyzerOptionNames: OptionNames<AnalyzerOptions> = { language: true };

/** Goes up whenever some text gets other terms than before: indexes saved earlier are then refused. */
const RULES = 3;

/**
 * The analyzer for written language. Upper and lower case, full and half width are the same; words
 * lose their endings and stop words are left out, except where a query has no other words; a code such as `RFC-2119` gives a term for the
 * whole and one for each part; Chinese, Japanese, Korean, Thai, Lao, Khmer and Burmese give pairs of
 * characters. In English (`café`) accents do not count; in French, Italian, Portuguese and Spanish
 * they count while the ending is taken off and not after; elsewhere they tell letters apart.
 */
export function createAnalyzer(options: AnalyzerOptions = {}): Analyzer {
  const { language = "english" } = requireOptions("createAnalyzer", options, analyzerOptionNames);
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
