/** Settles as `promise` does, but rejects with the signal's reason as soon as the signal is aborted. */
export async function untilAborted<Value>(
  promise: Promise<Value>,
  signal: AbortSignal | undefined,
): Promise<Value> {
  if (!signal) return promise;
  promise.catch(() => undefined); // Avoids an unhandled rejection after an abort.
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

/** Resolves when `promise` does, or after `milliseconds` at the latest. */
export async function untilDeadline(
  promise: Promise<unknown>,
  milliseconds: number | undefined,
): Promise<void> {
  if (milliseconds === undefined) return void (await promise);
  promise.catch(() => undefined); // Avoids an unhandled rejection after the deadline.
  let timer: NodeJS.Timeout | undefined;
  const passed = new Promise<void>((resolve) => {
    // Node fires a timer with a longer delay at once.
    timer = setTimeout(resolve, Math.min(milliseconds, 2 ** 31 - 1));
  });
  try {
    await Promise.race([promise, passed]);
  } finally {
    clearTimeout(timer);
  }
}

/** Waits for `milliseconds`; rejects with the signal's reason if the signal is aborted. */
export async function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const passed = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, milliseconds);
  });
  try {
    await untilAborted(passed, signal);
  } finally {
    clearTimeout(timer);
  }
}

interface SignalListeners {
  readonly all: Set<() => void>;
  readonly tellAll: () => void;
}

/**
 * Many calls may share one signal, and Node warns about more than ten listeners on it: each signal gets one
 * listener, which calls these.
 */
const listeners = new WeakMap<AbortSignal, SignalListeners>();

/**
 * Calls `listen` when the signal is aborted. The function returned stops listening. The last one to stop
 * removes the listener from the signal: as long as a listener is attached, Node keeps a signal of
 * `AbortSignal.any` or `AbortSignal.timeout` in memory.
 */
export function onAbort(signal: AbortSignal, listen: () => void): () => void {
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
