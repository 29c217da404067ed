import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";
import type { ScoredPairs } from "../documents/scored-pairs.ts";
import type { ReadTotals } from "../model/queue/row-cost.ts";

/** One answered request. */
interface AnsweredRequest {
  readonly method: string;
  readonly route: string;
  readonly status: number;
  readonly seconds: number;
}

/** Known methods; any other name would add a time series for each name that somebody invents. */
const methods: ReadonlySet<string> = new Set(["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"]);

/** What Prometheus reads of one server. */
export class ServerMetrics {
  readonly #registry = new Registry();
  readonly #requests = new Counter({
    name: "langchain_rerank_requests_total",
    help: "Answered requests.",
    labelNames: ["method", "route", "status"],
    registers: [this.#registry],
  });
  readonly #seconds = new Histogram({
    name: "langchain_rerank_request_seconds",
    help: "Time from a request's headers to its answer.",
    labelNames: ["route"],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
    registers: [this.#registry],
  });
  readonly #inProgress = new Gauge({
    name: "langchain_rerank_requests_in_progress",
    help: "Requests that are answered or wait for a worker.",
    registers: [this.#registry],
  });
  readonly #waitingTexts = new Gauge({
    name: "langchain_rerank_texts_in_progress",
    help: "Pairs and texts of these requests: the queue before the workers.",
    registers: [this.#registry],
  });
  readonly #pairs = new Counter({
    name: "langchain_rerank_pairs_total",
    help: "Pairs of query and text that were scored.",
    registers: [this.#registry],
  });
  readonly #cached = new Counter({
    name: "langchain_rerank_cached_pairs_total",
    help: "Pairs whose score was known before the request; a cascade counts those of each scorer.",
    registers: [this.#registry],
  });
  readonly #embedded = new Counter({
    name: "langchain_rerank_embedded_texts_total",
    help: "Texts that were embedded.",
    registers: [this.#registry],
  });
  readonly #truncated = new Counter({
    name: "langchain_rerank_truncated_tokens_total",
    help: "Tokens of pairs that were cut to fit the model's window.",
    registers: [this.#registry],
  });

  readonly #modelTexts = new Counter({
    name: "langchain_rerank_model_texts_total",
    help: "Pairs and texts that a local model has read; what its cache answered does not count.",
    labelNames: ["model"],
    registers: [this.#registry],
  });
  readonly #modelTokens = new Counter({
    name: "langchain_rerank_model_tokens_total",
    help: "Tokens of these pairs and texts.",
    labelNames: ["model"],
    registers: [this.#registry],
  });

  constructor() {
    // With the delay of the event loop.
    collectDefaultMetrics({ register: this.#registry });
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  /** All metrics in the text format of Prometheus; `models` are the counts that the models keep themselves. */
  async text(models: readonly (ReadTotals & { readonly model: string })[]): Promise<string> {
    this.#modelTexts.reset();
    this.#modelTokens.reset();
    for (const { model, texts, tokens } of models) {
      this.#modelTexts.inc({ model }, texts);
      this.#modelTokens.inc({ model }, tokens);
    }
    return this.#registry.metrics();
  }

  answered({ method, route, status, seconds }: AnsweredRequest): void {
    const known = methods.has(method) ? method : "other";
    this.#requests.inc({ method: known, route, status: String(status) });
    this.#seconds.observe({ route }, seconds);
  }

  requestsInProgress(count: number): void {
    this.#inProgress.set(count);
  }

  /** Runs work on so many texts, which count as waiting until it ends. */
  async whileWaiting<Value>(texts: number, work: () => Promise<Value>): Promise<Value> {
    this.#waitingTexts.inc(texts);
    try {
      return await work();
    } finally {
      this.#waitingTexts.dec(texts);
    }
  }

  scored({ pairs, cached, truncatedTokens }: ScoredPairs): void {
    this.#pairs.inc(pairs);
    this.#cached.inc(cached);
    this.#truncated.inc(truncatedTokens);
  }

  embedded(texts: number): void {
    this.#embedded.inc(texts);
  }

  /** Stops measuring. */
  dispose(): void {
    this.#registry.clear();
  }
}
