/** Anything that orders a whole list at once, such as a chat model: the port behind listwise rerankers. */
export interface ListReranker {
  readonly name: string;
  /** Indices into `texts`, best first; those left out rank behind, in the order they came. */
  rank(
    query: string,
    texts: readonly string[],
    options?: {
      readonly signal?: AbortSignal | undefined;
      readonly deadlineMs?: number | undefined;
    },
  ): Promise<number[]>;
}
