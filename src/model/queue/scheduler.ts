import { RetrievalError } from "../../errors.ts";
import { takeMicroBatch, type MicroBatchLimits } from "./micro-batch.ts";
import { Comparisons } from "./comparisons.ts";
import { ScheduledCall, type CallRow, type TextSlice, type Work } from "./scheduled-call.ts";
import type {
  Comparison,
  RowBatch,
  RowResults,
  RunTiming,
  TokenLists,
  WorkerModel,
} from "../workers/worker-messages.ts";
import {
  disposed,
  WorkerPool,
  type PoolTask,
  type WorkerPoolOptions,
} from "../workers/worker-pool.ts";

export interface SchedulerOptions extends Pick<WorkerPoolOptions, "startWorker"> {
  readonly model: WorkerModel;
  readonly workers: number;
  /** Maximum tokens of a micro-batch. */
  readonly tokenBudget: number;
  /** How many texts may wait over all calls; a call counts for at most 64, and is taken if none waits. */
  readonly maxWaiting: number;
  /** Called with the time of each run. */
  readonly onTimings?:
    | ((timings: readonly RunTiming[], state: { readonly isLoading: boolean }) => void)
    | undefined;
}

type TaskKind = "encode" | "run";

/**
 * Distributes the texts of all callers among the workers, as tokenising tasks and micro-batches. The call that
 * has received the least service is next, so no call waits behind another's whole list. Within a call, texts
 * keep their order. If a worker fails, its rows are retried once, one at a time.
 *
 * @see Goyal, Vin and Cheng, start-time fair queueing (SIGCOMM 1996), https://doi.org/10.1145/248156.248171
 */
export class Scheduler {
  readonly #options: SchedulerOptions;
  readonly #limits: Omit<MicroBatchLimits, "maxRows">;
  readonly #pools: readonly WorkerPool[];
  readonly #calls = new Set<ScheduledCall>();
  readonly #comparisons: Comparisons;
  /** Virtual clock: the service received by the call dispatched last. New calls start here. */
  #clock = 0;
  #isDisposed = false;

  constructor(options: SchedulerOptions) {
    const { model, workers, tokenBudget, startWorker } = options;
    this.#options = options;
    this.#limits = { tokenBudget, rowsPerRun: model.rowsPerRun };
    this.#comparisons = new Comparisons(() => this.#wake());
    const poolFor = (kinds: readonly TaskKind[], size: number, loaded?: WorkerModel): WorkerPool =>
      new WorkerPool(
        {
          next: () => this.#next(kinds),
          hasNext: () =>
            (kinds.includes("run") && this.#comparisons.areWaiting) ||
            this.#inTurn().some((call) => kinds.some((kind) => this.#has(call, kind))),
          onUnusable: (error) => this.#failAll(error),
        },
        { size, model: loaded, startWorker },
      );
    // A GPU must not wait while the thread that feeds it tokenises.
    this.#pools =
      model.provider === "cpu"
        ? [poolFor(["encode", "run"], workers, model)]
        : [poolFor(["run"], workers, model), poolFor(["encode"], 2)];
  }

  /** Starts the first worker, so that a model that cannot be loaded fails here. */
  async start(): Promise<void> {
    await this.#pools[0]?.start();
  }

  /**
   * Resolves when every text has its row or has failed, or when the signal is aborted.
   *
   * @throws `overloaded` if too many texts are waiting already; `disposed`; the model's error
   */
  async run(work: Work): Promise<void> {
    if (this.#isDisposed) throw disposed();
    const { maxWaiting } = this.#options;
    const waiting = [...this.#calls].reduce((sum, each) => sum + placesOf(each.unsettled), 0);
    const added = placesOf(work.texts.length);
    if (waiting > 0 && waiting + added > maxWaiting) {
      throw new RetrievalError(
        "overloaded",
        `Expected at most ${maxWaiting} texts to wait at once (\`maxWaiting\`), got ${added} of this call in addition to ${waiting} that are waiting; a call counts for at most ${mostPlaces} texts. Try again later, or raise \`maxWaiting\`.`,
      );
    }
    if (work.signal?.aborted === true) return;
    const call = new ScheduledCall(work, this.#clock);
    const drop = (): void => this.#drop(call);
    work.signal?.addEventListener("abort", drop);
    this.#calls.add(call);
    this.#wake();
    try {
      await call.done;
    } finally {
      this.#drop(call);
      work.signal?.removeEventListener("abort", drop);
    }
  }

  /** Scores passages by MaxSim; before all rows, because it takes milliseconds. */
  async compare(comparison: Comparison): Promise<Float32Array> {
    if (this.#isDisposed) throw disposed();
    return this.#comparisons.add(comparison);
  }

  /** Ends the workers; waiting calls fail with `disposed`. */
  async dispose(): Promise<void> {
    this.#isDisposed = true;
    this.#failAll(disposed());
    await Promise.all(this.#pools.map((pool) => pool.dispose()));
  }

  #wake(): void {
    for (const pool of this.#pools) pool.wake();
  }

  #inTurn(): ScheduledCall[] {
    return [...this.#calls].toSorted((a, b) => a.served - b.served);
  }

  #has(call: ScheduledCall, kind: TaskKind): boolean {
    if (kind === "run") return call.ready.length > 0;
    const enough = Math.max(this.#sliceSize(call), 4 * this.#options.workers);
    return call.hasUntokenised && !call.isEncoding && call.ready.length < enough;
  }

  #next(kinds: readonly TaskKind[]): PoolTask | undefined {
    const comparison = kinds.includes("run") ? this.#comparisons.next() : undefined;
    if (comparison) return comparison;
    const calls = this.#inTurn();
    for (const call of calls) {
      const task = kinds.includes("encode") && this.#has(call, "encode") && this.#encode(calls);
      if (task) return task;
      if (kinds.includes("run") && this.#has(call, "run")) return this.#run(calls);
    }
    return undefined;
  }

  /**
   * Slice size. Small if rows run alone, and a few texts per worker for a new call, so that its first result
   * comes soon; large if rows run together, to have similar lengths to choose from.
   */
  #sliceSize({ isNew }: ScheduledCall): number {
    if (this.#limits.rowsPerRun > 1) return 64;
    return isNew ? 4 * this.#options.workers : 32;
  }

  /** Takes texts from as many calls as fill a slice; no task if all tokens were cached. */
  #encode(calls: readonly ScheduledCall[]): PoolTask | undefined {
    const slices: { readonly call: ScheduledCall; readonly slice: TextSlice }[] = [];
    let room = 64;
    for (const call of calls) {
      while (room > 0 && this.#has(call, "encode")) {
        const slice = call.takeSlice(Math.min(room, this.#sliceSize(call)));
        room -= slice.unknown.length;
        call.isEncoding = slice.unknown.length > 0;
        if (call.isEncoding) slices.push({ call, slice });
        else call.addSlice(slice, []);
      }
    }
    if (slices.length === 0) return undefined;
    const texts = slices.flatMap(({ slice }) => slice.unknown);
    return {
      message: {
        kind: "encode",
        texts,
        cuts: slices.flatMap(({ slice }) => slice.unknown.map(() => slice.cut)),
        tokenizerPath: this.#options.model.tokenizerPath,
      },
      transfer: [],
      onAnswer: (answer) => {
        if (answer.kind !== "encoded") return;
        const encoded = listsOf(answer.tokens).map((ids, index) => ({
          ids,
          cut: answer.cuts[index],
        }));
        for (const { call, slice } of slices) {
          const found = encoded.splice(0, slice.unknown.length);
          call.isEncoding = false;
          call.addSlice(slice, found);
        }
        this.#wake();
      },
      onFailure: (error) => {
        for (const { call, slice } of slices) {
          call.isEncoding = false;
          call.returnSlice(slice, error);
        }
      },
    };
  }

  #run(calls: readonly ScheduledCall[]): PoolTask {
    this.#clock = calls.find(({ ready }) => ready.length > 0)?.served ?? this.#clock;
    const rows = takeMicroBatch(
      calls.map(({ ready }) => ready),
      { ...this.#limits, maxRows: this.#shareOfOneWorker(calls) },
    );
    for (const { call, packed } of rows) {
      call.served += packed.ids.length + tokensOfOverhead;
      call.inHand += 1;
    }
    const batch = concatenate(rows);
    return {
      message: { kind: "run", batch },
      transfer: Object.values(batch).map(({ buffer }) => buffer),
      onAnswer: (answer) => {
        if (answer.kind === "ran") this.#settle(rows, answer.results);
      },
      onFailure: (error) => this.#retry(rows, error),
    };
  }

  /**
   * Divides the waiting texts among the workers, so that none idles while another holds the rest.
   *
   * @see Polychronopoulos and Kuck, guided self-scheduling (1987), https://doi.org/10.1109/TC.1987.5009495
   */
  #shareOfOneWorker(calls: readonly ScheduledCall[]): number {
    const waiting = calls.reduce((sum, call) => sum + call.unsettled - call.inHand, 0);
    const parts = this.#options.workers * (this.#limits.rowsPerRun === 1 ? 2 : 1);
    return Math.ceil(waiting / parts);
  }

  #settle(rows: readonly CallRow[], { values, ends, timings }: RowResults): void {
    const isLoading = this.#pools.some(({ isStarting }) => isStarting);
    this.#options.onTimings?.(timings, { isLoading });
    for (const [position, row] of rows.entries()) {
      row.call.inHand -= 1;
      row.call.settleRow(row, values.subarray(ends[position - 1] ?? 0, ends[position]));
    }
  }

  #retry(rows: readonly CallRow[], error: RetrievalError): void {
    for (const row of rows.toReversed()) {
      row.call.inHand -= 1;
      // A retry does not help against the package's own errors, such as a graph that does not match.
      if (error.code !== "worker-failed") row.call.finish(error);
      else if (row.isSecondTry) row.call.failRow(row, error);
      else if (!row.call.isFinished) row.call.ready.unshift({ ...row, isSecondTry: true });
    }
  }

  #drop(call: ScheduledCall): void {
    this.#calls.delete(call);
    call.finish();
  }

  #failAll(error: unknown): void {
    for (const call of this.#calls) call.finish(error);
    this.#comparisons.failAll(error);
  }
}

/** How many texts a call counts for in the queue: the rest of a long call waits with its caller. */
function placesOf(texts: number): number {
  return Math.min(texts, mostPlaces);
}

const mostPlaces = 64;

/** Fixed cost of a run, in tokens: short texts also cost something. */
const tokensOfOverhead = 16;

function listsOf({ ids, ends }: TokenLists): Int32Array[] {
  return Array.from(ends, (end, index) => ids.subarray(ends[index - 1] ?? 0, end));
}

function concatenate(rows: readonly CallRow[]): RowBatch {
  const total = rows.reduce((sum, { packed }) => sum + packed.ids.length, 0);
  const batch = {
    ids: new Int32Array(total),
    segments: new Uint8Array(total),
    ends: new Int32Array(rows.length),
    prompts: Int32Array.from(rows, ({ packed }) => packed.promptTokens),
    hidden: Int32Array.from(rows, ({ packed }) => packed.hiddenTokens),
  };
  let end = 0;
  for (const [index, { packed }] of rows.entries()) {
    batch.ids.set(packed.ids, end);
    batch.segments.set(packed.segments, end);
    end += packed.ids.length;
    batch.ends[index] = end;
  }
  return batch;
}
