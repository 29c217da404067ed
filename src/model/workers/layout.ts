import { availableParallelism, totalmem } from "node:os";
import type { Provider } from "./worker-messages.ts";

/** How the processor's cores are used: the number of workers, and of threads in each. */
export interface Layout {
  readonly workers: number;
  readonly threads: number;
}

export interface LayoutOptions {
  readonly provider: Provider;
  /** Size of graph and weights; every worker has its own copy. */
  readonly modelBytes: number;
  readonly workers?: number | undefined;
  readonly threads?: number | undefined;
}

/**
 * One single-threaded worker per core, as long as a quarter of the memory holds their copies of the weights;
 * remaining cores become threads. A GPU has one worker.
 */
export function chooseLayout({ provider, modelBytes, workers, threads }: LayoutOptions): Layout {
  const cores = availableParallelism();
  const fitting = Math.floor(totalmem() / 4 / (modelBytes * bytesInMemoryPerByteOfFile));
  const mostWorkers = provider === "cpu" ? Math.floor(cores / (threads ?? 1)) : 1;
  const chosen = workers ?? Math.max(1, Math.min(mostWorkers, fitting));
  return { workers: chosen, threads: threads ?? Math.max(1, Math.floor(cores / chosen)) };
}

/** Weights that the runtime rearranges for its kernels are temporarily in memory twice. */
const bytesInMemoryPerByteOfFile = 1.5;

/**
 * Padded tokens of a micro-batch: enough to use the arithmetic units, few enough to give other calls a turn
 * soon.
 */
const tokenBudgets: Readonly<Record<Provider, number>> = {
  cpu: 256,
  cuda: 16_384,
  webgpu: 8192,
};

/** Maximum tokens of a language model in one run: their logits take 600 MB. */
const tokensOfLogits = 1024;

/** Padded tokens of a micro-batch; `hasLogits` if each token has a logit for each word. */
export function tokenBudget(
  provider: Provider,
  { hasLogits }: { readonly hasLogits: boolean },
): number {
  const most = tokenBudgets[provider];
  return hasLogits ? Math.min(most, tokensOfLogits) : most;
}
