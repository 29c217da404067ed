/** A map from raw scores to probabilities that never falls as the score rises. */
export interface ProbabilityCurve {
  /**
   * The probability of relevance at this score, in 0..1; `NaN` for `NaN`, the score of a text that was not
   * scored.
   */
  probabilityOf(score: number): number;
  /**
   * The smallest raw score with at least this probability, up to rounding; on a plateau, its lower end.
   * `-Infinity` if every score has it, `Infinity` if no finite score has it.
   *
   * @throws RetrievalError `invalid-option` for a probability outside 0..1.
   */
  thresholdFor(probability: number): number;
}

/** A model's raw score of a query and a document, with the human judgement of the pair. */
export interface JudgedScore {
  /** Finite and unbounded: a cross-encoder's logit, not its sigmoid. */
  readonly score: number;
  readonly isRelevant: boolean;
}
