import { setTimeout as sleep } from "node:timers/promises";

/** Settles as `promise` does, but rejects with the signal's reason as soon as it is aborted. */
export async function untilAborted<Value>(
  promise: Promise<Value>,
  signal: AbortSignal | undefined,
): Promise<Value> {
  if (!signal) return promise;
  promise.catch(() => undefined); // After an abort nobody looks at how it ended.
  signal.throwIfAborted();
  let stopListening: (() => void) | undefined;
  const aborted = new Promise<never>((_resolve, reject) => {
    stopListening = onAbort(signal, () => reject(signal.reason));
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    stopListening?.();
  }
}

/** Resolves when `promise` does, and once `milliseconds` have passed at the latest. */
export async function untilDeadline(
  promise: Promise<unknown>,
  milliseconds: number | undefined,
): Promise<void> {
  if (milliseconds === undefined) return void (await promise);
  promise.catch(() => undefined); // After the deadline nobody looks at how it ended.
  let timer: NodeJS.Timeout | undefined;
  const passed = new Promise<void>((resolve) => {
    // A timer asked to wait longer than it can fires at once.
    timer = setTimeout(resolve, Math.min(milliseconds, 2 ** 31 - 1));
  });
  try {
    await Promise.race([promise, passed]);
  } finally {
    clearTimeout(timer);
  }
}

/** Waits; an abort ends it with the signal's reason. */
export async function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  await sleep(milliseconds, undefined, signal ? { signal } : {}).catch(() =>
    signal?.throwIfAborted(),
  );
}

interface SignalListeners {
  readonly all: Set<() => void>;
  readonly tellAll: () => void;
}

/** What waits for each signal: many calls may share one, and Node warns of more than ten listeners. */
const listeners = new WeakMap<AbortSignal, SignalListeners>();

/**
 * Calls `listen` when the signal is aborted, until the function that it gives is called. The last one to
 * leave takes the listener off: with one left on it, Node keeps a signal of `any` or `timeout` in memory.
 */
function onAbort(signal: AbortSignal, listen: () => void): () => void {
  const waiting = listeners.get(signal) ?? startListening(signal);
  waiting.all.add(listen);
  return () => {
    waiting.all.delete(listen);
    if (waiting.all.size > 0 || listeners.get(signal) !== waiting) return;
    listeners.delete(signal);
    signal.removeEventListener("abort", waiting.tellAll);
  };
}

function startListening(signal: AbortSignal): SignalListeners {
  const all = new Set<() => void>();
  const tellAll = (): void => all.forEach((each) => each());
  const waiting = { all, tellAll };
  signal.addEventListener("abort", tellAll, { once: true });
  listeners.set(signal, waiting);
  return waiting;
}
