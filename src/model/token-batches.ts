export interface TokenBatchOptions {
  /** Upper bound of rows times longest row, padding included; a longer row goes alone. */
  readonly budget: number;
  /** How many rows a batch may hold. */
  readonly maxRows: number;
}

/**
 * Cuts rows into micro-batches of similar length so that little is padded: every index once, shortest
 * rows first, equal lengths in the caller's order.
 */
export function cutByTokens(
  lengths: readonly number[],
  { budget, maxRows }: TokenBatchOptions,
): number[][] {
  const lengthOf = (index: number): number => lengths[index] ?? 0;
  // With one row a batch nothing is ever padded, and the caller's order is the better one to keep.
  const order =
    maxRows === 1
      ? [...lengths.keys()]
      : [...lengths.keys()].toSorted((a, b) => lengthOf(a) - lengthOf(b) || a - b);
  const batches: number[][] = [];
  for (const index of order) {
    const batch = batches.at(-1);
    // Rows come in rising length, so the newest row is the longest.
    if (batch && batch.length < maxRows && (batch.length + 1) * lengthOf(index) <= budget) {
      batch.push(index);
    } else {
      batches.push([index]);
    }
  }
  return batches;
}
