import { randomUUID } from "node:crypto";
import { rmdirSync } from "node:fs";
import { lstat, mkdir, rename, rmdir, utimes } from "node:fs/promises";
import { pause } from "./abort.ts";
import { RetrievalError } from "./errors.ts";
import { fileFailure, systemCode } from "./write-failure.ts";

export interface FileLockOptions {
  /** Ends the wait for the lock; `work` has to check it itself. */
  readonly signal?: AbortSignal | undefined;
  /** Called once if the lock is held by someone else. */
  readonly onWait?: (() => void) | undefined;
  /**
   * Milliseconds after which a lock that is not renewed counts as abandoned by a killed process, at least
   * 2000. @defaultValue 10000
   */
  readonly staleMs?: number | undefined;
}

/**
 * Runs `work` while no other call and no other process holds the lock of `path`, which is the folder
 * `<path>.lock`. A process that is suspended for `staleMs` can lose the lock to a waiting one; the signal
 * passed to `work` is then aborted. Intended for local disks: on a network file system, the clocks must agree.
 *
 * @throws `disk-full` or `invalid-input` if the lock cannot be written
 */
export async function withFileLock<Value>(
  path: string,
  work: (lost: AbortSignal) => Promise<Value>,
  { signal, onWait, staleMs = 10_000 }: FileLockOptions = {},
): Promise<Value> {
  const lost = new AbortController();
  const folder = `${path}.lock`;
  let hasWaited = false;
  for (;;) {
    signal?.throwIfAborted();
    const mark = await acquire(folder, staleMs);
    if (mark) {
      const held = new HeldLock(folder, mark, () => lost.abort(lockLost(path)));
      const stopRenewing = held.renewEvery(staleMs / 3);
      try {
        return await work(lost.signal);
      } finally {
        stopRenewing();
        await held.release();
      }
    }
    if (!hasWaited) onWait?.();
    hasWaited = true;
    await pause(50, signal);
  }
}

/** Identifies one acquisition of the lock: a process that takes over the lock leaves a different mark. */
interface Mark {
  readonly inode: number;
  readonly modifiedMs: number;
}

async function markOf(folder: string): Promise<Mark | undefined> {
  const facts = await lstat(folder).catch(() => undefined);
  return facts && { inode: facts.ino, modifiedMs: facts.mtimeMs };
}

function isSame(a: Mark | undefined, b: Mark): boolean {
  return a?.inode === b.inode && a.modifiedMs === b.modifiedMs;
}

/**
 * Creates the lock folder; `undefined` if someone else holds the lock. Removes a folder that is no longer
 * renewed.
 */
async function acquire(folder: string, staleMs: number): Promise<Mark | undefined> {
  try {
    await mkdir(folder);
    return await markOf(folder);
  } catch (cause) {
    if (systemCode(cause) !== "EEXIST") throw fileFailure(cause, folder);
  }
  const mark = await markOf(folder);
  // Also removes one dated in the future, as after a clock was set back.
  if (mark && Math.abs(Date.now() - mark.modifiedMs) > staleMs) await takeAway(folder, mark);
  return undefined;
}

/**
 * Renames the folder before it removes it: of several processes that find the same folder, only one can rename
 * it, and none removes a newer lock.
 */
async function takeAway(folder: string, mark: Mark): Promise<void> {
  const aside = `${folder}.${randomUUID()}`;
  const isMoved = await rename(folder, aside).then(
    () => true,
    () => false,
  );
  if (!isMoved) return;
  try {
    if (isSame(await markOf(aside), mark)) return await rmdir(aside);
    await rename(aside, folder);
  } catch (cause) {
    await rename(aside, folder).catch(() => undefined);
    throw new RetrievalError(
      "invalid-input",
      `Expected the lock ${folder} to be an empty folder, got something else: remove it if no other process uses it.`,
      { cause },
    );
  }
}

class HeldLock {
  readonly #folder: string;
  readonly #onLost: () => void;
  #mark: Mark;
  /** Spares the next process the wait if this one exits while it holds the lock. */
  readonly #removeAtExit = (): void => {
    try {
      rmdirSync(this.#folder);
    } catch {
      // Another process has removed it.
    }
  };

  constructor(folder: string, mark: Mark, onLost: () => void) {
    this.#folder = folder;
    this.#mark = mark;
    this.#onLost = onLost;
    process.on("exit", this.#removeAtExit);
  }

  renewEvery(milliseconds: number): () => void {
    const timer = setInterval(() => void this.#renew(), milliseconds);
    timer.unref();
    return () => clearInterval(timer);
  }

  async release(): Promise<void> {
    process.off("exit", this.#removeAtExit);
    if (isSame(await markOf(this.#folder), this.#mark)) {
      await rmdir(this.#folder).catch(() => undefined);
    }
  }

  async #renew(): Promise<void> {
    if (isSame(await markOf(this.#folder), this.#mark)) {
      const now = new Date();
      await utimes(this.#folder, now, now).catch(() => undefined);
      const renewed = await markOf(this.#folder);
      if (renewed?.inode === this.#mark.inode) {
        this.#mark = renewed;
        return;
      }
    }
    process.off("exit", this.#removeAtExit);
    this.#onLost();
  }
}

/** The error of a call whose lock was taken over by another process. */
export function lockLost(path: string): RetrievalError {
  return new RetrievalError(
    "lock-lost",
    `Another process took over ${path} while this one was paused: nothing was written to it. Repeat the call.`,
  );
}
