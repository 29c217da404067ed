import { lock } from "proper-lockfile";
import { pause } from "./abort.ts";
import { RetrievalError } from "./errors.ts";
import { writeFailure } from "./write-failure.ts";

export interface FileLockOptions {
  /** Ends the wait for the lock; `work` has to look at it itself. */
  readonly signal?: AbortSignal | undefined;
  /** Called once where the lock has to be waited for. */
  readonly onWait?: (() => void) | undefined;
  /**
   * Milliseconds after which a lock that is not renewed counts as left behind by a process that was
   * killed, at least 2000. @defaultValue 10000
   */
  readonly staleMs?: number | undefined;
}

/**
 * Runs `work` while no other call and no other process holds the lock of `path`, the folder `<path>.lock`.
 * A process that stood still for `staleMs` loses the lock to one that waits: then the signal that `work`
 * gets is aborted. Made for local disks: on a network file system it needs clocks that agree.
 *
 * @throws `disk-full` or `invalid-input` where the lock cannot be written
 */
export async function withFileLock<Value>(
  path: string,
  work: (lost: AbortSignal) => Promise<Value>,
  { signal, onWait, staleMs = 10_000 }: FileLockOptions = {},
): Promise<Value> {
  const lost = new AbortController();
  const acquire = (): Promise<() => Promise<void>> =>
    lock(path, {
      realpath: false,
      stale: staleMs,
      onCompromised: () => lost.abort(lockLost(path)),
    });
  let hasWaited = false;
  let release: (() => Promise<void>) | undefined;
  while (!release) {
    signal?.throwIfAborted();
    release = await acquire().catch((cause: unknown) => {
      if (cause instanceof Error && "code" in cause && cause.code === "ELOCKED") return undefined;
      throw writeFailure(cause, `${path}.lock`);
    });
    if (release) break;
    if (!hasWaited) onWait?.();
    hasWaited = true;
    await pause(50, signal);
  }
  try {
    return await work(lost.signal);
  } finally {
    await release().catch(() => undefined); // A lock that was lost needs no release.
  }
}

/** The error of a call that went on after another had taken its place. */
export function lockLost(path: string): RetrievalError {
  return new RetrievalError(
    "lock-lost",
    `Another process took over ${path} while this one stood still: nothing was written to it. Repeat the call.`,
  );
}
