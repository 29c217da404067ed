import { quantile } from "simple-statistics";
import type { SystemResult } from "../experiment/experiment-result.ts";

/** How much text a system's cross-encoder did not see. */
export interface Truncation {
  /** Number of scored pairs of query and document. */
  readonly scored: number;
  readonly truncated: number;
  /** `truncated / scored`; 0 if no pair was scored. */
  readonly share: number;
  /** Median of the lost tokens over the truncated pairs; 0 if there are none. */
  readonly medianTokens: number;
}

/** Counts the pairs that a cross-encoder scored, and those that it scored without some of their tokens. */
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
