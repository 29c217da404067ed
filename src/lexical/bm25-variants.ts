/** Values of a formula's free constants; `delta` is used by `bm25l` and `bm25+` only. */
export interface Bm25Constants {
  readonly k1: number;
  readonly delta: number;
}

/**
 * A BM25 formula: the score is the sum of `idf * weight` over the query's terms.
 *
 * `tf` is how often the term occurs in the document, `df` is the number of documents out of `N` that contain
 * it, and `norm` is `1 - b + b * length / averageLength`.
 */
export interface Bm25Variant {
  /**
   * Inverse document frequency: the weight of a term that `df` of `N` documents contain. Falls as `df` grows.
   */
  readonly idf: (df: number, N: number) => number;
  /** Grows with `tf` and falls with `norm`; not 0 at `tf = 0` in formulas where absent terms count. */
  readonly weight: (tf: number, norm: number, constants: Bm25Constants) => number;
}

/**
 * The formula of Robertson et al., with the inverse document frequency clamped at 0.
 *
 * @see Robertson, Walker, Jones, Hancock-Beaulieu and Gatford, "Okapi at TREC-3" (1994)
 */
const robertson: Bm25Variant = {
  idf: (df, N) => Math.log(Math.max(1, (N - df + 0.5) / (df + 0.5))),
  weight: (tf, norm, { k1 }) => tf / (k1 * norm + tf),
};

/**
 * The formula of Lucene since version 8, with exact document lengths.
 *
 * @see Kamphuis, de Vries, Boytsov and Lin, "Which BM25 Do You Mean?" (ECIR 2020),
 * https://doi.org/10.1007/978-3-030-45442-5_4
 */
const lucene: Bm25Variant = {
  idf: (df, N) => Math.log(1 + (N - df + 0.5) / (df + 0.5)),
  weight: robertson.weight,
};

/** @see Trotman, Jia and Crane, "Towards an Efficient and Effective Search Engine" (OSIR at SIGIR 2012) */
const atire: Bm25Variant = {
  idf: (df, N) => Math.log(N / df),
  weight: (tf, norm, { k1 }) => (tf * (k1 + 1)) / (tf + k1 * norm),
};

/**
 * Penalises long documents less; absent terms count.
 *
 * @see Lv and Zhai, "When Documents Are Very Long, BM25 Fails!" (SIGIR 2011),
 * https://doi.org/10.1145/2009916.2010070
 */
const bm25l: Bm25Variant = {
  idf: (df, N) => Math.log((N + 1) / (df + 0.5)),
  weight: (tf, norm, { k1, delta }) => {
    const c = tf / norm;
    return ((k1 + 1) * (c + delta)) / (k1 + c + delta);
  },
};

/**
 * A term that occurs contributes at least `delta`, however long the document.
 *
 * @see Lv and Zhai, "Lower-Bounding Term Frequency Normalization" (CIKM 2011),
 * https://doi.org/10.1145/2063576.2063584
 */
const bm25plus: Bm25Variant = {
  idf: (df, N) => Math.log((N + 1) / df),
  weight: (tf, norm, { k1, delta }) => ((k1 + 1) * tf) / (k1 * norm + tf) + delta,
};

/** Name of a BM25 formula, as in bm25s. */
export type Bm25VariantName = "lucene" | "robertson" | "atire" | "bm25l" | "bm25+";

/** The BM25 formulas by their names in bm25s; the scores equal those of bm25s. */
export const bm25Variants: Readonly<Record<Bm25VariantName, Bm25Variant>> = {
  lucene,
  robertson,
  atire,
  bm25l,
  "bm25+": bm25plus,
};
