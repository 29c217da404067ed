import type { PackedSequence } from "../tokens/packing.ts";

/** A text that is ready to run. */
export interface Row {
  readonly packed: PackedSequence;
  /** Whether a worker failed with it before. */
  readonly isSecondTry: boolean;
}

export interface MicroBatchLimits {
  /** Upper bound of rows times longest row, or of all rows together where each runs alone; a longer row goes by itself. */
  readonly tokenBudget: number;
  /** Most rows of one run of the graph: 1 where rows would change each other's numbers. */
  readonly rowsPerRun: number;
  /** Most rows of the micro-batch. */
  readonly maxRows: number;
}

/**
 * Takes the next micro-batch out of the queues, which stand in the order of their turn: the first row
 * there is, then a row from each queue in turn, earliest first. Rows that run together are of similar
 * length, so that little is padded; a row with which a worker failed goes alone.
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
  // The turn goes on behind the queue that had it.
  const turns = [...queues.slice(headPlace + 1), ...queues.slice(0, headPlace + 1)];
  let before: number;
  do {
    before = batch.length;
    for (const queue of turns) {
      if (batch.length >= most) break;
      // Where each runs alone there is no better companion than the next one.
      const place = queue.slice(0, isRowByRow ? 1 : rowsSeen).findIndex(fits);
      const [row] = place === -1 ? [] : queue.splice(place, 1);
      if (!row) continue;
      batch.push(row);
      total += lengthOf(row);
      longest = Math.max(longest, lengthOf(row));
    }
  } while (batch.length > before);
  return batch;
}

/** How far behind the front of its queue a row may stand to be taken for its length. */
const rowsSeen = 64;

function lengthOf({ packed }: Row): number {
  return packed.ids.length;
}

/** At most a quarter of a run is padding. */
function isSimilar(a: number, b: number): boolean {
  return 4 * Math.min(a, b) >= 3 * Math.max(a, b);
}
