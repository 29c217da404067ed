/** Orders a whole list at once, as a chat model can: the interface of listwise rerankers. */
export interface ListReranker {
  readonly name: string;
  /** Returns indices into `texts`, best first; indices left out rank last, in input order. */
  rank(
    query: string,
    texts: readonly string[],
    options?: {
      readonly signal?: AbortSignal | undefined;
      readonly deadlineMs?: number | undefined;
    },
  ): Promise<number[]>;
}
