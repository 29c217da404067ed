import { RetrievalError } from "../../errors.ts";
import type { Row } from "./micro-batch.ts";
import type { PackedSequence } from "../tokens/packing.ts";
import type { TokenCache } from "../tokens/token-cache.ts";

/** What a caller wants done, and who is told what became of it. */
export interface Work {
  readonly texts: readonly string[];
  /** Tokenised once and handed to `pack` beside every text. @defaultValue "" */
  readonly query?: string | undefined;
  /** Frames and cuts the tokens of a text. */
  readonly pack: (text: Int32Array, query: Int32Array) => PackedSequence;
  /** Gets the model's numbers for the text at `index`, in the order in which they arrive. */
  readonly onRow: (index: number, row: Float32Array, packed: PackedSequence) => void;
  /** Told of a text on which two workers failed; the others go on. */
  readonly onFailure: (index: number, error: RetrievalError) => void;
  /** Once aborted, what was not yet run leaves the queue, and the work counts as done. */
  readonly signal?: AbortSignal | undefined;
  /** Where token ids are looked up and kept. @defaultValue nowhere */
  readonly tokenCache?: TokenCache | undefined;
}

/** A text of a call that is packed and waits for its run. */
export interface CallRow extends Row {
  readonly call: ScheduledCall;
  readonly index: number;
}

/** Texts of a call that become rows together, in their order, once those without tokens are tokenised. */
export interface TokenWindow {
  readonly first: number;
  /** Of the query, then of each text of the window. */
  readonly tokens: (Int32Array | undefined)[];
  /** Those of which `tokens` lacks, in the same order. */
  readonly unknown: readonly string[];
  /** Whether a worker failed with it before. */
  readonly isSecondTry: boolean;
}

/** One caller's work on its way through the queue. */
export class ScheduledCall {
  readonly work: Work;
  /** Packed and not yet given to a worker, in the caller's order. */
  readonly ready: CallRow[] = [];
  readonly done: Promise<void>;
  /** Tokens that were run for it, on a clock that all calls share: who has the least comes next. */
  served: number;
  isEncoding = false;
  /** Rows that workers have in hand. */
  inHand = 0;
  /** A window that a worker failed with, to be tried again. */
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

  /** Texts that have no result yet. */
  get unsettled(): number {
    return this.#unsettled;
  }

  /** Whether none of its texts was taken yet. */
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
    const unknown = [query, ...window].filter((_text, place) => !tokens[place]);
    return { first, tokens, unknown, isSecondTry: false };
  }

  /** Puts a window back with which a worker failed; the second time the call fails. */
  returnWindow(window: TokenWindow, error: RetrievalError): void {
    if (error.code !== "worker-failed" || window.isSecondTry) this.finish(error);
    else if (!this.isFinished) this.#returned = { ...window, isSecondTry: true };
  }

  /** Packs a window's texts, whose missing tokens are `found`, and makes them ready. */
  addWindow({ first, tokens, unknown }: TokenWindow, found: readonly Int32Array[]): void {
    if (this.isFinished) return;
    const { tokenCache, pack } = this.work;
    for (const [place, text] of unknown.entries()) {
      const ids = found[place];
      // A copy: it would keep the whole window's memory, of which it is a view.
      if (ids) tokenCache?.set(text, ids.slice());
    }
    const left = found.values();
    const [query = new Int32Array(), ...lists] = tokens.map((ids) => ids ?? left.next().value);
    this.#query ??= query.slice();
    try {
      for (const [place, ids = new Int32Array()] of lists.entries()) {
        const packed = pack(ids, this.#query);
        this.ready.push({ call: this, index: first + place, packed, isSecondTry: false });
      }
    } catch (error) {
      this.finish(error);
    }
  }

  settleRow({ index, packed }: CallRow, row: Float32Array): void {
    this.#succeeded += 1;
    this.#settle(() => this.work.onRow(index, row, packed));
  }

  /** One row failed for good; a call of which nothing else succeeds fails as a whole. */
  failRow({ index }: CallRow, error: RetrievalError): void {
    this.#failed += 1;
    const isHopeless = this.#failed === failuresToGiveUp || this.#unsettled === 1;
    if (this.#succeeded === 0 && isHopeless) return this.finish(error);
    this.#settle(() => this.work.onFailure(index, error));
  }

  /** Ends the call, with an error if there is one; what comes later is not reported. */
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

/** So many rows that failed, and none that did not: it is the model, not the text. */
const failuresToGiveUp = 3;
