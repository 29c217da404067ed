/** Settles as `promise` does, but rejects with the signal's reason as soon as it is aborted. */
export async function untilAborted<Value>(
  promise: Promise<Value>,
  signal: AbortSignal | undefined,
): Promise<Value> {
  if (!signal) return promise;
  promise.catch(() => undefined); // After an abort nobody looks at how it ended.
  signal.throwIfAborted();
  const settled = new AbortController();
  const aborted = new Promise<never>((_resolve, reject) => {
    const options = { once: true, signal: settled.signal };
    signal.addEventListener("abort", () => reject(signal.reason), options);
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    settled.abort();
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
    timer = setTimeout(resolve, milliseconds);
  });
  try {
    await Promise.race([promise, passed]);
  } finally {
    clearTimeout(timer);
  }
}
