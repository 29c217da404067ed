import type { ModelSession } from "./session.ts";
import type { RowBatch, RowResults, RunTiming } from "./worker-messages.ts";

/** The output of one run of the graph for consecutive rows, starting at row `first`. */
interface Piece {
  readonly first: number;
  readonly values: Float32Array;
  readonly ends: Int32Array;
}

/**
 * Runs micro-batches in a session, at most `rowsPerRun` rows at once. If the device runs out of memory, halves
 * the rows and remembers how many fitted.
 */
export class BatchRunner {
  readonly #session: ModelSession;
  readonly #rowsPerRun: number;
  #tokensThatFit = Infinity;

  constructor(session: ModelSession, rowsPerRun: number) {
    this.#session = session;
    this.#rowsPerRun = rowsPerRun;
  }

  async run(batch: RowBatch): Promise<RowResults> {
    const rows = batch.ends.length;
    const timings: RunTiming[] = [];
    const pieces: Piece[] = [];
    const runRange = async (first: number, last: number): Promise<void> => {
      const tokens = paddedTokens(batch, first, last);
      const isTooMuch = last - first > this.#rowsPerRun || tokens > this.#tokensThatFit;
      if (isTooMuch && last - first > 1) return halves(first, last);
      const startedAt = performance.now();
      try {
        pieces.push({ first, ...(await this.#session.run(slice(batch, first, last))) });
      } catch (error) {
        if (last - first === 1 || !isOutOfMemory(error)) throw error;
        this.#tokensThatFit = Math.floor(tokens / 2);
        return halves(first, last);
      }
      timings.push({ rows: last - first, tokens, milliseconds: performance.now() - startedAt });
    };
    const halves = async (first: number, last: number): Promise<void> => {
      const middle = (first + last) >> 1;
      await runRange(first, middle);
      await runRange(middle, last);
    };
    await runRange(0, rows);
    return { ...joined(pieces, rows), timings };
  }
}

/** Puts the pieces, which are in the order of their rows, one after the other. */
function joined(pieces: readonly Piece[], rows: number): Omit<RowResults, "timings"> {
  const ends = new Int32Array(rows);
  const values = new Float32Array(pieces.reduce((sum, piece) => sum + piece.values.length, 0));
  let start = 0;
  for (const piece of pieces) {
    values.set(piece.values, start);
    ends.set(
      piece.ends.map((end) => start + end),
      piece.first,
    );
    start += piece.values.length;
  }
  return { values, ends };
}

function paddedTokens({ ends }: RowBatch, first: number, last: number): number {
  let longest = 0;
  for (let row = first; row < last; row++) {
    longest = Math.max(longest, (ends[row] ?? 0) - (ends[row - 1] ?? 0));
  }
  return (last - first) * longest;
}

function slice(
  { ids, segments, ends, prompts, hidden }: RowBatch,
  first: number,
  last: number,
): RowBatch {
  const start = ends[first - 1] ?? 0;
  const end = ends[last - 1] ?? 0;
  return {
    ids: ids.subarray(start, end),
    segments: segments.subarray(start, end),
    ends: ends.slice(first, last).map((each) => each - start),
    prompts: prompts.subarray(first, last),
    hidden: hidden.subarray(first, last),
  };
}

/** Matches the messages of CUDA's arena and libraries, WebGPU, and the C++ library. */
function isOutOfMemory(error: unknown): boolean {
  return /out of memory|out_of_memory|failed to allocate|bad_alloc|alloc_failed/i.test(
    String(error),
  );
}
