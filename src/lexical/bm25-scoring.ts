import { checkedByTaker, number } from "../option-rules.ts";
import { requireChoice, requireNumber } from "../errors.ts";
import type { OptionRules } from "../options.ts";
import { byScore, type Scored } from "../ranking/scored.ts";
import { bm25Variants, type Bm25Variant, type Bm25VariantName } from "./bm25-variants.ts";
import type { InvertedIndex } from "./inverted-index.ts";
import type { PostingList } from "./posting-list.ts";
import { searchTop, type TopSearch } from "./max-score-search.ts";

/** The formula of BM25 and its parameters. */
export interface Bm25Parameters {
  /** How fast repeated terms saturate, at least 0: the higher, the more repetitions count. @defaultValue 1.2 */
  readonly k1?: number | undefined;
  /** How strongly long documents are penalised, in 0..1. @defaultValue 0.75 */
  readonly b?: number | undefined;
  /**
   * Minimum contribution of a term that occurs, at least 0; used by `bm25l` and `bm25+` only. @defaultValue 0.5
   */
  readonly delta?: number | undefined;
  /** The formula, by its name in bm25s. @defaultValue "lucene" */
  readonly variant?: Bm25VariantName | undefined;
}

export const bm25ParameterRules: OptionRules<Bm25Parameters> = {
  k1: number(0),
  b: number(0, 1),
  delta: number(0),
  variant: checkedByTaker,
};

/** `Bm25Parameters` with all defaults filled in. */
export type CompleteParameters = {
  readonly [Name in keyof Bm25Parameters]-?: NonNullable<Bm25Parameters[Name]>;
};

/** What one term of a query adds to the score of a document. */
export interface TermWeight {
  /** The term after stemming; a stop word if the query has no other terms. */
  readonly term: string;
  /** How often it occurs in the document; 0 for a term that the document lacks. */
  readonly frequency: number;
  /** How many documents of the index contain it. */
  readonly documents: number;
  /** Its part of the score, with the repetitions of the term in the query. */
  readonly weight: number;
}

/** A term of a query, with its documents. */
interface AskedTerm {
  readonly term: string;
  readonly postings: PostingList;
  /** Inverse document frequency, times the number of occurrences in the query. */
  readonly scale: number;
}

/** Minimum score of a match, so that it differs from 0. */
const least = 1e-300;

/** Scores an index by one BM25 formula. */
export class Bm25Scoring {
  readonly parameters: CompleteParameters;
  #weights = new Float64Array(0);
  #weighed: { readonly index: InvertedIndex; readonly changes: number } | undefined;

  constructor({ k1 = 1.2, b = 0.75, delta = 0.5, variant = "lucene" }: Bm25Parameters = {}) {
    this.parameters = {
      k1,
      b,
      delta,
      variant: requireChoice("variant", variant, variantNames),
    };
    if (variant === "bm25l") requireNumber("k1 + delta", k1 + delta, Number.MIN_VALUE);
  }

  /** Returns the best `k` documents of `index` that share a term with the query; ties by slot. */
  search(
    index: InvertedIndex,
    query: readonly string[],
    { k, accepts }: Omit<TopSearch, "weights">,
  ): Scored<string>[] {
    const absent = this.#formula.weight(0, 1, this.parameters);
    let absentScore = 0;
    const terms = this.#asked(index, query).map(({ postings, scale }) => {
      absentScore += scale * absent;
      const { maxFrequency, minLength } = postings;
      const bound = scale * this.#gain(index, maxFrequency, minLength);
      return { postings, scale, bound };
    });
    if (terms.length === 0) return [];
    const atMost = Math.min(k, index.documents.size);
    return searchTop(terms, { weights: this.#weightsFor(index), k: atMost, accepts })
      .map(({ slot, score }) => ({
        item: index.documents.ids[slot] ?? "",
        score: score + absentScore,
        index: slot,
      }))
      .toSorted(byScore);
  }

  /** What each term of the query adds to the score of the document in `slot`; the weights add up to its score. */
  explain(index: InvertedIndex, query: readonly string[], slot: number): TermWeight[] {
    const absent = this.#formula.weight(0, 1, this.parameters);
    const { frequencies, lengths } = index.classes;
    return this.#asked(index, query).map(({ term, postings, scale }) => {
      const found = postings.classOf(slot);
      const frequency = found === undefined ? 0 : (frequencies[found] ?? 0);
      const gain = found === undefined ? 0 : this.#gain(index, frequency, lengths[found] ?? 0);
      const weight = scale * (gain + absent);
      // The index puts a blank before a stop word.
      return { term: term.trim(), frequency, documents: postings.count, weight };
    });
  }

  /** The distinct terms of the query that some document contains. */
  #asked(index: InvertedIndex, query: readonly string[]): AskedTerm[] {
    return [...countTerms(query)].flatMap(([term, times]) => {
      const postings = index.postingsOf(term);
      if (!postings || postings.count === 0) return [];
      const scale = times * this.#formula.idf(postings.count, index.documents.size);
      return [{ term, postings, scale }];
    });
  }

  get #formula(): Bm25Variant {
    return bm25Variants[this.parameters.variant];
  }

  /** What a term adds to the score of a document that contains it, compared with one that does not. */
  #gain(index: InvertedIndex, frequency: number, length: number): number {
    const { b } = this.parameters;
    // The average length is 0 if all documents consist of stop words.
    const norm =
      length === 0 ? Math.max(1 - b, 1e-6) : 1 - b + (b * length) / index.documents.averageLength;
    const { weight } = this.#formula;
    const gain = weight(frequency, norm, this.parameters) - weight(0, norm, this.parameters);
    return Math.max(gain, least);
  }

  /** The gain of each frequency class, recomputed when the collection has changed. */
  #weightsFor(index: InvertedIndex): Float64Array {
    const { changes, classes } = index;
    if (this.#weighed?.index === index && this.#weighed.changes === changes) return this.#weights;
    const { count, frequencies, lengths } = classes;
    if (count > this.#weights.length) this.#weights = new Float64Array(2 * count);
    for (let each = 0; each < count; each += 1) {
      this.#weights[each] = this.#gain(index, frequencies[each] ?? 0, lengths[each] ?? 0);
    }
    this.#weighed = { index, changes };
    return this.#weights;
  }
}

function countTerms(terms: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const term of terms) counts.set(term, (counts.get(term) ?? 0) + 1);
  return counts;
}

const variantNames = [
  "lucene",
  "robertson",
  "atire",
  "bm25l",
  "bm25+",
] as const satisfies readonly Bm25VariantName[];
