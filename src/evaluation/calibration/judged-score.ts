/** A model's raw score of one query and document, and what people say of the two. */
export interface JudgedScore {
  /** Finite and unbounded: a cross-encoder's logit, not its sigmoid. */
  readonly score: number;
  readonly isRelevant: boolean;
}
