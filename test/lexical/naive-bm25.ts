import { expect } from "vitest";
import type { Bm25Document } from "../../src/lexical/bm25-document.ts";
import type { Bm25Hit } from "../../src/lexical/bm25-index.ts";
import type { CompleteParameters } from "../../src/lexical/bm25-scoring.ts";

/** BM25 as its papers print it, document by document, with no index. */
export class NaiveBm25 {
  readonly #parameters: CompleteParameters;
  readonly #documents = new Map<string, Bm25Document>();

  constructor(parameters: CompleteParameters) {
    this.#parameters = parameters;
  }

  get documents(): readonly Bm25Document[] {
    return [...this.#documents.values()];
  }

  get size(): number {
    return this.#documents.size;
  }

  has(id: string): boolean {
    return this.#documents.has(id);
  }

  /** Adds a document as the latest one, in place of one with its id. */
  put(document: Bm25Document): void {
    this.#documents.delete(document.id);
    this.#documents.set(document.id, document);
  }

  delete(id: string): boolean {
    return this.#documents.delete(id);
  }

  /** Every document that shares a term with the query, best first, ties by age. */
  search(query: string): Bm25Hit[] {
    const texts = this.documents.map(({ id, text }) => ({ id, terms: termsOf(text) }));
    const terms = termsOf(query);
    const average = texts.reduce((sum, text) => sum + text.terms.length, 0) / texts.length;
    const holders = new Map(
      terms.map((term) => [term, texts.filter((text) => text.terms.includes(term)).length]),
    );
    return texts
      .filter((text) => terms.some((term) => text.terms.includes(term)))
      .map(({ id, terms: found }, index) => {
        const shares = terms
          .filter((term) => (holders.get(term) ?? 0) > 0)
          .map((term) => {
            const [tf, df] = [timesIn(found, term), holders.get(term) ?? 0];
            return this.#share(tf, { df, N: texts.length, ratio: found.length / average });
          });
        return { id, index, score: shares.reduce((sum, share) => sum + share, 0) };
      })
      .toSorted((a, b) => b.score - a.score || a.index - b.index);
  }

  #share(tf: number, { df, N, ratio }: { df: number; N: number; ratio: number }): number {
    const { k1, b, delta, variant } = this.#parameters;
    const length = 1 - b + b * ratio;
    const plain = tf / (tf + k1 * length);
    if (variant === "lucene") return Math.log(1 + (N - df + 0.5) / (df + 0.5)) * plain;
    if (variant === "robertson") return Math.max(0, Math.log((N - df + 0.5) / (df + 0.5))) * plain;
    if (variant === "atire") return Math.log(N / df) * (k1 + 1) * plain;
    if (variant === "bm25+") return Math.log((N + 1) / df) * ((k1 + 1) * plain + delta);
    const c = tf / length + delta;
    return Math.log((N + 1) / (df + 0.5)) * (k1 + 1) * (c / (k1 + c));
  }
}

/** Fails unless `hits` are the best `k` of the naive `ranking`; scores that are equal but for rounding may change ranks. */
export function expectBest(hits: readonly Bm25Hit[], ranking: readonly Bm25Hit[], k: number): void {
  const scores = new Map(ranking.map(({ id, score }) => [id, score]));
  const wanted = ranking.slice(0, k);
  const isBest =
    hits.length === wanted.length &&
    new Set(hits.map(({ id }) => id)).size === hits.length &&
    hits.every(
      ({ id, score }, rank) =>
        isClose(score, scores.get(id)) && isClose(score, wanted[rank]?.score),
    );
  // The full comparison only where it fails: it is slow.
  if (!isBest) expect(hits).toEqual(wanted);
}

function isClose(a: number, b: number | undefined): boolean {
  return b !== undefined && Math.abs(a - b) <= 1e-9 * Math.max(1, Math.abs(a));
}

function termsOf(text: string): string[] {
  return text.split(" ").filter((term) => term !== "");
}

function timesIn(terms: readonly string[], term: string): number {
  return terms.filter((word) => word === term).length;
}
