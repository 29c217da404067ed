/**
 * Says when a server is worth asking. After three failed calls in a row none is sent for 30 s; then one call
 * tries the server, and its outcome decides.
 */
export class CircuitBreaker {
  #failures = 0;
  #closedUntil = 0;
  #isTrying = false;

  /** Whether a call may be sent; its outcome has to be reported if so. */
  admits(): boolean {
    if (this.#failures < mostFailures) return true;
    if (this.#isTrying || performance.now() < this.#closedUntil) return false;
    this.#isTrying = true;
    return true;
  }

  /**
   * Reports the outcome of a call; `unknown` is one that says nothing about the server, because its caller ended it or
   * its texts were refused.
   */
  report(outcome: "answered" | "failed" | "unknown"): void {
    this.#isTrying = false;
    if (outcome === "unknown") return;
    this.#failures = outcome === "answered" ? 0 : this.#failures + 1;
    if (this.#failures >= mostFailures) this.#closedUntil = performance.now() + pauseMs;
  }
}

const mostFailures = 3;
const pauseMs = 30_000;
