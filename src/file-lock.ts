import { randomUUID } from "node:crypto";
import { rmdirSync } from "node:fs";
import { lstat, mkdir, rename, rmdir, utimes } from "node:fs/promises";
import { pause } from "./abort.ts";
import { RetrievalError } from "./errors.ts";
import { fileFailure, systemCode } from "./write-failure.ts";

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

/** What a lock looks like: another process that took it over has left another mark. */
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

/** Makes the folder of the lock; `undefined` where another one has it. A folder that nobody renews any more is taken away. */
async function acquire(folder: string, staleMs: number): Promise<Mark | undefined> {
  try {
    await mkdir(folder);
    return await markOf(folder);
  } catch (cause) {
    if (systemCode(cause) !== "EEXIST") throw fileFailure(cause, folder);
  }
  const mark = await markOf(folder);
  // Also one from the future, as after a clock was set back.
  if (mark && Math.abs(Date.now() - mark.modifiedMs) > staleMs) await takeAway(folder, mark);
  return undefined;
}

/** Renamed first: of several processes that find the same folder one gets it, and none removes a newer one. */
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
      `Expected ${folder} to be an empty folder, as a lock is, got something else: remove it, if no other process works there.`,
      { cause },
    );
  }
}

class HeldLock {
  readonly #folder: string;
  readonly #onLost: () => void;
  #mark: Mark;
  /** A program that exits in the middle does not leave it to the next one to wait. */
  readonly #removeAtExit = (): void => {
    try {
      rmdirSync(this.#folder);
    } catch {
      // Somebody else has removed it.
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

/** The error of a call that went on after another had taken its place. */
export function lockLost(path: string): RetrievalError {
  return new RetrievalError(
    "lock-lost",
    `Another process took over ${path} while this one stood still: nothing was written to it. Repeat the call.`,
  );
}
