import { quantile } from "simple-statistics";
import type { SystemResult } from "../experiment/experiment-result.ts";

/** How much of what a system's cross-encoder should have read it did not see. */
export interface Truncation {
  /** Pairs of a query and a document that it scored. */
  readonly scored: number;
  readonly truncated: number;
  /** `truncated / scored`; 0 where it scored none. */
  readonly share: number;
  /** Median of the tokens lost, over the truncated pairs; 0 where there is none. */
  readonly medianTokens: number;
}

/** Counts the pairs that a cross-encoder scored, and those of which it did not see every token. */
export function truncationOf({ outcomes }: SystemResult): Truncation {
  const scored = [...outcomes.values()]
    .flatMap(({ documents }) => documents)
    .filter(({ rawScore }) => rawScore !== undefined);
  const lost = scored.map(({ truncatedTokens }) => truncatedTokens).filter((tokens) => tokens > 0);
  return {
    scored: scored.length,
    truncated: lost.length,
    share: scored.length === 0 ? 0 : lost.length / scored.length,
    medianTokens: lost.length === 0 ? 0 : quantile(lost, 0.5),
  };
}
