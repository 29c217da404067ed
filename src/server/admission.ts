import { onAbort } from "../abort.ts";
import { RequestError, tryLater } from "./request-error.ts";
import type { CompleteLimits } from "./limits.ts";
import type { ServerMetrics } from "./metrics.ts";
import type { ServerState } from "./service.ts";

/** Lets as many requests work at once as the limits allow, each for a limited time. */
export class Admission {
  readonly #limits: CompleteLimits;
  readonly #metrics: ServerMetrics;
  #active = 0;
  /** Ends the requests that are left when the time to stop is over. */
  readonly #stop = new AbortController();

  constructor(limits: CompleteLimits, metrics: ServerMetrics) {
    this.#limits = limits;
    this.#metrics = metrics;
  }

  /**
   * Runs the work of one request with a signal that is aborted when its client has gone, or its time is over.
   *
   * @throws RequestError 429 if too many requests work already, 499 if the client has gone, 503 if the time is over
   */
  async run<Value>(
    client: AbortSignal,
    work: (signal: AbortSignal) => Promise<Value>,
  ): Promise<Value> {
    const { requests, answerMs } = this.#limits;
    if (this.#active >= requests) {
      throw tryLater(
        429,
        `Expected at most ${requests} requests at once, got more: try again later.`,
      );
    }
    const over = new AbortController();
    const late = tryLater(503, `Expected an answer within ${answerMs} ms, got none.`);
    const timer = setTimeout(() => over.abort(late), answerMs);
    // `AbortSignal.any` would leave something behind in `#stop` for each request.
    const stopListening = [client, this.#stop.signal].map((signal) =>
      onAbort(signal, () => over.abort(signal.reason)),
    );
    this.#count(1);
    try {
      client.throwIfAborted();
      return await work(over.signal);
    } catch (error) {
      // The reason of the signal may be no error at all.
      if (client.aborted) throw new RequestError(499, "The client has gone.", { cause: error });
      throw error;
    } finally {
      clearTimeout(timer);
      stopListening.forEach((stop) => stop());
      this.#count(-1);
    }
  }

  /** Ends every request with status 503. */
  stop(): void {
    this.#stop.abort(tryLater(503, "Expected a running server, got one that is stopping."));
  }

  #count(change: 1 | -1): void {
    this.#active += change;
    this.#metrics.requestsInProgress(this.#active);
  }
}

/** @throws RequestError 503 unless the server takes requests */
export function requireReady(state: ServerState): void {
  if (state === "ready") return;
  const got: Readonly<Record<Exclude<ServerState, "ready">, string>> = {
    starting: "one whose models are still loaded",
    failed: "one whose models cannot be loaded; its log says why",
    draining: "one that is stopping",
    closed: "one that has stopped",
  };
  throw new RequestError(
    503,
    `Expected a server that is ready, got ${got[state]}: try again later.`,
    {
      headers: { "retry-after": "5" },
    },
  );
}
