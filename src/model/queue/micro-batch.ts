import type { PackedSequence } from "../tokens/packing.ts";

/** A packed text that is ready to run. */
export interface Row {
  readonly packed: PackedSequence;
  /** Whether a worker failed on it before. */
  readonly isSecondTry: boolean;
}

export interface MicroBatchLimits {
  /**
   * Maximum of rows times longest row, or of the sum of all rows if each runs alone; a longer row goes by
   * itself.
   */
  readonly tokenBudget: number;
  /** Maximum rows of one run of the graph: 1 if rows would affect each other's results. */
  readonly rowsPerRun: number;
  /** Maximum rows of the micro-batch. */
  readonly maxRows: number;
}

/**
 * Removes the next micro-batch from the queues, which are sorted by turn: the first row of the first queue that
 * has one, then one row from each queue in turn. Rows that run together have similar lengths, to keep padding
 * low; a row on which a worker failed runs alone.
 */
export function takeMicroBatch<R extends Row>(
  queues: readonly R[][],
  { tokenBudget, rowsPerRun, maxRows }: MicroBatchLimits,
): R[] {
  const headPlace = queues.findIndex((queue) => queue.length > 0);
  const head = queues[headPlace]?.shift();
  if (!head) return [];
  const batch = [head];
  if (head.isSecondTry) return batch;
  const isRowByRow = rowsPerRun === 1;
  const most = isRowByRow ? maxRows : Math.min(maxRows, rowsPerRun);
  let [total, longest] = [lengthOf(head), lengthOf(head)];
  const fits = (row: R): boolean => {
    const length = lengthOf(row);
    if (row.isSecondTry) return false;
    if (isRowByRow) return total + length <= tokenBudget;
    return (
      isSimilar(length, lengthOf(head)) &&
      (batch.length + 1) * Math.max(longest, length) <= tokenBudget
    );
  };
  // The next turn belongs to the queue after the one that had this turn.
  const turns = [...queues.slice(headPlace + 1), ...queues.slice(0, headPlace + 1)];
  let before: number;
  do {
    before = batch.length;
    for (const queue of turns) {
      if (batch.length >= most) break;
      // Rows that run one by one need no similar length.
      const index = queue.slice(0, isRowByRow ? 1 : rowsSeen).findIndex(fits);
      const [row] = index === -1 ? [] : queue.splice(index, 1);
      if (!row) continue;
      batch.push(row);
      total += lengthOf(row);
      longest = Math.max(longest, lengthOf(row));
    }
  } while (batch.length > before);
  return batch;
}

/** How far from the front of its queue a row may be taken to match a length. */
const rowsSeen = 64;

function lengthOf({ packed }: Row): number {
  return packed.ids.length;
}

/** At most a quarter of a run may be padding. */
function isSimilar(a: number, b: number): boolean {
  return 4 * Math.min(a, b) >= 3 * Math.max(a, b);
}
