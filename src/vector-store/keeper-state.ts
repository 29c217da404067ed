import { readFile, unlink } from "node:fs/promises";
import { existsSync, readFileSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { withFileLock } from "../file-lock.ts";
import { systemCode } from "../write-failure.ts";

/**
 * How to reach a keeper, the process that runs a data folder's server; written to `server.json` in the folder.
 */
export interface KeeperState {
  readonly pid: number;
  /** Loopback port on which the keeper counts its users. */
  readonly port: number;
  /** Distinguishes this keeper from another program that listens on its port after it has ended. */
  readonly token: string;
}

/** The content of `server.json`; `state` is absent if it cannot be parsed, as after a power cut. */
export interface KeeperFile {
  readonly content: string;
  readonly state?: KeeperState;
}

const stateFile = (folder: string): string => join(folder, "server.json");

/** Reads which keeper has the folder, `undefined` if there is none; waits for a file that is being written. */
export async function readKeeperFile(folder: string): Promise<KeeperFile | undefined> {
  for (let attempt = 1; ; attempt += 1) {
    const content = await readFile(stateFile(folder), "utf8").catch(() => undefined);
    if (content === undefined) return undefined;
    const state = parseState(content);
    if (state) return { content, state };
    if (attempt === 10) return { content };
    await sleep(50);
  }
}

/** Claims the folder for one keeper; returns `false` if another one has it. */
export function claimFolder(folder: string, state: KeeperState): boolean {
  try {
    writeFileSync(stateFile(folder), JSON.stringify(state), { flag: "wx", mode: 0o600 });
    return true;
  } catch (error) {
    if (systemCode(error) === "EEXIST") return false;
    throw error;
  }
}

/**
 * Checks whether the folder still belongs to this keeper. Restores a file that was deleted or damaged, because
 * another keeper would start without it. Returns `false` if the folder has another keeper or is gone.
 */
export function holdFolder(folder: string, state: KeeperState): boolean {
  try {
    const content = readIfThere(stateFile(folder));
    if (content === JSON.stringify(state)) return true;
    const found = content === undefined ? undefined : parseState(content);
    // A damaged file still has some of our values; one of another keeper has none.
    const isOurs = found?.pid === state.pid || found?.port === state.port;
    if (found && !isOurs && found.token !== state.token) return false;
    if (content !== undefined) unlinkSync(stateFile(folder));
    return claimFolder(folder, state);
  } catch {
    return existsSync(folder);
  }
}

function readIfThere(path: string): string | undefined {
  return existsSync(path) ? readFileSync(path, "utf8") : undefined;
}

/** Releases the folder if this keeper still has it. */
export function releaseFolder(folder: string, state: KeeperState): void {
  try {
    if (readFileSync(stateFile(folder), "utf8") === JSON.stringify(state)) {
      unlinkSync(stateFile(folder));
    }
  } catch {
    // The folder was removed, so there is nothing to release.
  }
}

/**
 * Removes the file of a keeper that has ended, unless another keeper has replaced it meanwhile. A lock makes
 * check and removal atomic; it is held for milliseconds, or two seconds after a crash.
 */
export async function discardKeeperFile(folder: string, { content }: KeeperFile): Promise<void> {
  const discard = async (): Promise<void> => {
    const found = await readFile(stateFile(folder), "utf8").catch(() => undefined);
    if (found === content) await unlink(stateFile(folder));
  };
  await withFileLock(stateFile(folder), discard, { staleMs: 2000 });
}

function parseState(content: string): KeeperState | undefined {
  try {
    const found: unknown = JSON.parse(content);
    if (typeof found !== "object" || found === null) return undefined;
    if (!("pid" in found && "port" in found && "token" in found)) return undefined;
    const { pid, port, token } = found;
    // Functions that take a process id or a port throw if it is out of range.
    if (!isWithin(pid, 1, 2 ** 31 - 1) || !isWithin(port, 1, 65_535)) return undefined;
    return typeof token === "string" ? { pid, port, token } : undefined;
  } catch {
    return undefined;
  }
}

function isWithin(value: unknown, least: number, most: number): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= least && value <= most;
}
