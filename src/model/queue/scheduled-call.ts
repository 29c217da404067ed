import { RetrievalError } from "../../errors.ts";
import type { Row } from "./micro-batch.ts";
import type { PackedSequence } from "../tokens/packing.ts";
import type { TextCut, TextWindow, TextWindows } from "../tokens/text-windows.ts";
import type { TokenCache } from "../tokens/token-cache.ts";

/** The windows of a cut text and the one that a row holds. */
export interface RowWindow extends TextWindows {
  readonly window: TextWindow;
}

/** The tokens of a text, as a worker found them. */
export interface FoundTokens {
  readonly ids: Int32Array;
  /** If the text was cut, its windows, whose ids are concatenated. */
  readonly cut: TextWindows | undefined;
}

/** What a caller wants to run, and the callbacks for its results. */
export interface Work {
  readonly texts: readonly string[];
  /** Tokenised once and passed to `pack` with every text. @defaultValue "" */
  readonly query?: string | undefined;
  /** Tokenised with each text, before it; not part of the text's windows. @defaultValue "" */
  readonly lead?: string | undefined;
  /** Tokenised once and passed to `pack` with every text, as the query. @defaultValue "" */
  readonly closing?: string | undefined;
  /** Frames and truncates the tokens of a text. */
  readonly pack: (text: Int32Array, query: Int32Array, closing: Int32Array) => PackedSequence;
  /**
   * How to cut texts beside a query of this many tokens, those of `closing` included: each window of a text becomes a
   * row. @defaultValue every text becomes one row
   */
  readonly cut?: ((queryTokens: number) => TextCut | undefined) | undefined;
  /**
   * Called with the model's output for the text at `index`, or for each of its windows, in the order in which
   * outputs arrive.
   */
  readonly onRow: (
    index: number,
    row: Float32Array,
    packed: PackedSequence,
    window: RowWindow | undefined,
  ) => void;
  /** Called for a text, or a window of one, on which two workers failed; the others continue. */
  readonly onFailure: (index: number, error: RetrievalError) => void;
  /** Once aborted, everything not yet running leaves the queue, and the call counts as done. */
  readonly signal?: AbortSignal | undefined;
  /** Where token ids are looked up and stored. @defaultValue no cache */
  readonly tokenCache?: TokenCache | undefined;
}

/** A packed text of a call, or a window of one, that waits for its run. */
export interface CallRow extends Row {
  readonly call: ScheduledCall;
  readonly index: number;
  readonly window: RowWindow | undefined;
}

/** Consecutive texts of a call that become rows together, once the missing tokens are there. */
export interface TextSlice {
  readonly first: number;
  /** Tokens of the query, of what closes each text, then of each text of the slice. */
  readonly tokens: (Int32Array | undefined)[];
  /** The texts that have no entry in `tokens` yet, in the same order. */
  readonly unknown: readonly string[];
  /** How to cut them; `undefined` leaves them whole. */
  readonly cut: TextCut | undefined;
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
  /** A slice on which a worker failed, to be tried again. */
  #returned: TextSlice | undefined;
  #query: Int32Array | undefined;
  #closing: Int32Array | undefined;
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
    this.#closing = work.closing === undefined ? new Int32Array() : undefined;
    this.done = new Promise((resolve, reject) => {
      this.#finish = { resolve, reject };
    });
    if (this.#unsettled === 0) this.finish();
  }

  get isFinished(): boolean {
    return this.#finish === undefined;
  }

  /** Number of texts, or windows of cut texts, without a result. */
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

  /** Takes the next texts to tokenise; none before the query, if its length decides how they are cut. */
  takeSlice(size: number): TextSlice {
    const returned = this.#returned;
    this.#returned = undefined;
    if (returned) return returned;
    const { texts, query = "", lead = "", closing = "", tokenCache, cut: cutBeside } = this.work;
    const first = this.#nextText;
    const queryTokens = this.#query ?? tokenCache?.get(query);
    const closingTokens = this.#closing ?? tokenCache?.get(closing);
    const isReady = queryTokens !== undefined && closingTokens !== undefined;
    const slice = (cutBeside && !isReady ? [] : texts.slice(first, first + size)).map(
      (text) => lead + text,
    );
    this.#nextText += slice.length;
    const cut = isReady ? cutBeside?.(queryTokens.length + closingTokens.length) : undefined;
    const tokens = slice.map((text) => {
      const ids = tokenCache?.get(text);
      return ids && cut && ids.length > cut.room ? undefined : ids;
    });
    tokens.unshift(queryTokens, closingTokens);
    const unknown = [query, closing, ...slice].filter((_text, position) => !tokens[position]);
    return { first, tokens, unknown, cut, isSecondTry: false };
  }

  /** Puts back a slice on which a worker failed; the second failure fails the call. */
  returnSlice(slice: TextSlice, error: RetrievalError): void {
    if (error.code !== "worker-failed" || slice.isSecondTry) this.finish(error);
    else if (!this.isFinished) this.#returned = { ...slice, isSecondTry: true };
  }

  /** Packs the texts of a slice and makes them ready; `found` has the tokens that were missing. */
  addSlice({ first, tokens, unknown }: TextSlice, found: readonly FoundTokens[]): void {
    if (this.isFinished) return;
    const { tokenCache } = this.work;
    for (const [position, text] of unknown.entries()) {
      const each = found[position];
      // Copies the ids: a view would keep the memory of the whole slice alive.
      if (each && !each.cut) tokenCache?.set(text, each.ids.slice());
    }
    const left = found.values();
    const [query, closing, ...texts] = tokens.map((ids) =>
      ids ? { ids, cut: undefined } : left.next().value,
    );
    this.#query ??= query?.ids.slice() ?? new Int32Array();
    this.#closing ??= closing?.ids.slice() ?? new Int32Array();
    const frame = [this.#query, this.#closing] as const;
    try {
      for (const [position, text] of texts.entries()) {
        if (text) this.#addText(first + position, text, frame);
      }
    } catch (error) {
      this.finish(error);
    }
  }

  #addText(
    index: number,
    { ids, cut }: FoundTokens,
    frame: readonly [query: Int32Array, closing: Int32Array],
  ): void {
    const add = (some: Int32Array, window?: RowWindow): void => {
      const packed = this.work.pack(some, ...frame);
      this.ready.push({ call: this, index, packed, window, isSecondTry: false });
    };
    if (!cut) return add(ids);
    this.#unsettled += cut.windows.length - 1;
    let end = 0;
    for (const window of cut.windows) {
      add(ids.subarray(end, (end += window.tokens)), { ...cut, window });
    }
  }

  settleRow({ index, packed, window }: CallRow, row: Float32Array): void {
    this.#succeeded += 1;
    this.#settle(() => this.work.onRow(index, row, packed, window));
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
