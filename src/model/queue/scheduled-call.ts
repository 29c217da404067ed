import { RetrievalError } from "../../errors.ts";
import type { Row } from "./micro-batch.ts";
import type { PackedSequence } from "../tokens/packing.ts";
import type { TokenCache } from "../tokens/token-cache.ts";

/** What a caller wants to run, and the callbacks for its results. */
export interface Work {
  readonly texts: readonly string[];
  /** Tokenised once and passed to `pack` with every text. @defaultValue "" */
  readonly query?: string | undefined;
  /** Frames and truncates the tokens of a text. */
  readonly pack: (text: Int32Array, query: Int32Array) => PackedSequence;
  /** Called with the model's output for the text at `index`, in the order in which outputs arrive. */
  readonly onRow: (index: number, row: Float32Array, packed: PackedSequence) => void;
  /** Called for a text on which two workers failed; the others continue. */
  readonly onFailure: (index: number, error: RetrievalError) => void;
  /** Once aborted, everything not yet running leaves the queue, and the call counts as done. */
  readonly signal?: AbortSignal | undefined;
  /** Where token ids are looked up and stored. @defaultValue no cache */
  readonly tokenCache?: TokenCache | undefined;
}

/** A packed text of a call that waits for its run. */
export interface CallRow extends Row {
  readonly call: ScheduledCall;
  readonly index: number;
}

/** Consecutive texts of a call that become rows together, once the missing tokens are there. */
export interface TokenWindow {
  readonly first: number;
  /** Tokens of the query, then of each text of the window. */
  readonly tokens: (Int32Array | undefined)[];
  /** The texts that have no entry in `tokens` yet, in the same order. */
  readonly unknown: readonly string[];
  /** Whether a worker failed on it before. */
  readonly isSecondTry: boolean;
}

/** One call on its way through the queue. */
export class ScheduledCall {
  readonly work: Work;
  /** Rows that are packed but not yet given to a worker, in the caller's order. */
  readonly ready: CallRow[] = [];
  readonly done: Promise<void>;
  /**
   * Virtual time: tokens that were run for this call, on a clock that all calls share. The call with the least
   * is served next.
   */
  served: number;
  isEncoding = false;
  /** Rows that workers are running. */
  inHand = 0;
  /** A window on which a worker failed, to be tried again. */
  #returned: TokenWindow | undefined;
  #query: Int32Array | undefined;
  #nextText = 0;
  #unsettled: number;
  #succeeded = 0;
  #failed = 0;
  #finish: { resolve: () => void; reject: (error: unknown) => void } | undefined;

  constructor(work: Work, served: number) {
    this.work = work;
    this.served = served;
    this.#unsettled = work.texts.length;
    this.#query = work.query === undefined ? new Int32Array() : undefined;
    this.done = new Promise((resolve, reject) => {
      this.#finish = { resolve, reject };
    });
    if (this.#unsettled === 0) this.finish();
  }

  get isFinished(): boolean {
    return this.#finish === undefined;
  }

  /** Number of texts without a result. */
  get unsettled(): number {
    return this.#unsettled;
  }

  /** Whether none of its texts has been taken yet. */
  get isNew(): boolean {
    return this.#nextText === 0;
  }

  get hasUntokenised(): boolean {
    return this.#returned !== undefined || this.#nextText < this.work.texts.length;
  }

  /** Takes the next texts to tokenise. */
  takeWindow(size: number): TokenWindow {
    const returned = this.#returned;
    this.#returned = undefined;
    if (returned) return returned;
    const { texts, query = "", tokenCache } = this.work;
    const first = this.#nextText;
    const window = texts.slice(first, first + size);
    this.#nextText += window.length;
    const tokens = [this.#query ?? tokenCache?.get(query)].concat(
      window.map((text) => tokenCache?.get(text)),
    );
    const unknown = [query, ...window].filter((_text, position) => !tokens[position]);
    return { first, tokens, unknown, isSecondTry: false };
  }

  /** Puts back a window on which a worker failed; the second failure fails the call. */
  returnWindow(window: TokenWindow, error: RetrievalError): void {
    if (error.code !== "worker-failed" || window.isSecondTry) this.finish(error);
    else if (!this.isFinished) this.#returned = { ...window, isSecondTry: true };
  }

  /** Packs the texts of a window and makes them ready; `found` has the tokens that were missing. */
  addWindow({ first, tokens, unknown }: TokenWindow, found: readonly Int32Array[]): void {
    if (this.isFinished) return;
    const { tokenCache, pack } = this.work;
    for (const [position, text] of unknown.entries()) {
      const ids = found[position];
      // Copies the ids: a view would keep the memory of the whole window alive.
      if (ids) tokenCache?.set(text, ids.slice());
    }
    const left = found.values();
    const [query = new Int32Array(), ...lists] = tokens.map((ids) => ids ?? left.next().value);
    this.#query ??= query.slice();
    try {
      for (const [position, ids = new Int32Array()] of lists.entries()) {
        const packed = pack(ids, this.#query);
        this.ready.push({ call: this, index: first + position, packed, isSecondTry: false });
      }
    } catch (error) {
      this.finish(error);
    }
  }

  settleRow({ index, packed }: CallRow, row: Float32Array): void {
    this.#succeeded += 1;
    this.#settle(() => this.work.onRow(index, row, packed));
  }

  /** Reports a row that failed twice. A call with no successful row fails as a whole. */
  failRow({ index }: CallRow, error: RetrievalError): void {
    this.#failed += 1;
    const isHopeless = this.#failed === failuresToGiveUp || this.#unsettled === 1;
    if (this.#succeeded === 0 && isHopeless) return this.finish(error);
    this.#settle(() => this.work.onFailure(index, error));
  }

  /** Ends the call, with an error if there is one; later results are not reported. */
  finish(...[error]: readonly unknown[]): void {
    const finish = this.#finish;
    this.#finish = undefined;
    this.ready.length = 0;
    this.#nextText = this.work.texts.length;
    this.#returned = undefined;
    if (error === undefined) finish?.resolve();
    else finish?.reject(error);
  }

  #settle(tell: () => void): void {
    if (this.isFinished) return;
    this.#unsettled -= 1;
    try {
      tell();
    } catch (error) {
      return this.finish(error);
    }
    if (this.#unsettled === 0) this.finish();
  }
}

/** With so many failed rows and no successful one, the model is at fault, not the text. */
const failuresToGiveUp = 3;
