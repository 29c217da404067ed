import { readFile, unlink } from "node:fs/promises";
import { existsSync, readFileSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { withFileLock } from "../file-lock.ts";
import { systemCode } from "../write-failure.ts";

/** How a keeper is found: written to `server.json` in the data folder while it runs. */
export interface KeeperState {
  readonly pid: number;
  /** Loopback port on which the keeper counts its users. */
  readonly port: number;
  /** Tells this keeper from whatever may listen on its port after it has gone. */
  readonly token: string;
}

/** What stands in `server.json`; `state` is missing where it cannot be read, as after a power cut. */
export interface KeeperFile {
  readonly content: string;
  readonly state?: KeeperState;
}

const stateFile = (folder: string): string => join(folder, "server.json");

/** Reads who keeps the folder, `undefined` where nobody says so; waits for a file that is being written. */
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

/** Claims the folder for one keeper: `false` where another has it already. */
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
 * Whether the folder is still this keeper's, looked at while it runs. A file that was deleted or damaged is
 * written again: without it another keeper would start beside this one. Not so where the folder has
 * another keeper, or is gone.
 */
export function holdFolder(folder: string, state: KeeperState): boolean {
  try {
    const content = readIfThere(stateFile(folder));
    if (content === JSON.stringify(state)) return true;
    const found = content === undefined ? undefined : parseState(content);
    // Damage leaves something of ours; what another keeper writes has nothing of it.
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

/** Gives the folder back if this keeper still has it. */
export function releaseFolder(folder: string, state: KeeperState): void {
  try {
    if (readFileSync(stateFile(folder), "utf8") === JSON.stringify(state)) {
      unlinkSync(stateFile(folder));
    }
  } catch {
    // The folder has been removed: nothing is left to give back.
  }
}

/**
 * Removes what a keeper that has gone left behind, unless another has replaced it meanwhile. The lock
 * makes looking and removing one step; it is held for milliseconds, and two seconds after a crash.
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
    // A number that is none of a process or of a port would be an error of the call that takes it.
    if (!isWithin(pid, 1, 2 ** 31 - 1) || !isWithin(port, 1, 65_535)) return undefined;
    return typeof token === "string" ? { pid, port, token } : undefined;
  } catch {
    return undefined;
  }
}

function isWithin(value: unknown, least: number, most: number): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= least && value <= most;
}
