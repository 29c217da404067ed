/** A map from raw scores to probabilities that never falls as the score rises. */
export interface ProbabilityCurve {
  /** How probable relevance is at this score, in 0..1; `NaN` for `NaN`, which is the score of what was not scored. */
  probabilityOf(score: number): number;
  /**
   * The smallest raw score whose probability is at least `probability`, up to rounding; on a plateau
   * its lower end. `-Infinity` where every score's is, `Infinity` where no finite score's is.
   *
   * @throws RetrievalError `invalid-option` for a probability outside 0..1.
   */
  thresholdFor(probability: number): number;
}

/** A model's raw score of one query and document, and what people say of the two. */
export interface JudgedScore {
  /** Finite and unbounded: a cross-encoder's logit, not its sigmoid. */
  readonly score: number;
  readonly isRelevant: boolean;
}
