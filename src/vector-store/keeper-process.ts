import { spawn } from "node:child_process";
import { closeSync, fstatSync, ftruncateSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { privateFileMode } from "../private-files.ts";
import type { KeeperWord } from "./keeper-news.ts";
import { unwritableStore } from "./start-failure.ts";

const logLimitBytes = 1_000_000;

// Node 20 cannot run `.ts` files: under vitest, the built file is used.
const keeperFile: string = fileURLToPath(
  import.meta.url.endsWith(".ts")
    ? new URL("../../dist/vector-store/chroma-keeper.js", import.meta.url)
    : new URL("./chroma-keeper.js", import.meta.url),
);

/** A keeper that was just started; it counts its starter as a user until `release`. */
export interface StartedKeeper {
  /** `ended`: the process ended before it sent anything. */
  readonly word: KeeperWord | "ended";
  /** Detaches from the process, which then runs for the users that joined it. */
  release(): void;
  /** The output of the keeper and its server since the start. */
  readLog(): string;
}

/** The log file of a data folder's server. */
function serverLog(folder: string): string {
  return join(folder, "server.log");
}

function openLog(folder: string): number {
  try {
    return openSync(serverLog(folder), "a", privateFileMode);
  } catch (cause) {
    throw unwritableStore(folder, cause);
  }
}

/**
 * Starts a keeper that survives the terminal and this process; resolves at its first message. Its server
 * listens on `port` if that is given and free.
 */
export async function startKeeper(folder: string, port?: string): Promise<StartedKeeper> {
  const log = openLog(folder);
  if (fstatSync(log).size > logLimitBytes) ftruncateSync(log);
  const logStart = fstatSync(log).size;
  const child = spawn(
    process.execPath,
    [keeperFile, folder, ...(port === undefined ? [] : [port])],
    {
      detached: true,
      windowsHide: true,
      cwd: folder,
      stdio: ["ignore", log, log, "ipc"],
      // Options of this process, such as a debugger, are not meant for the keeper.
      env: { ...process.env, NODE_OPTIONS: undefined, RUST_BACKTRACE: "0" },
    },
  );
  closeSync(log);
  const word = await new Promise<StartedKeeper["word"]>((resolve, reject) => {
    child.once("message", (message) => resolve(message === "listening" ? "listening" : "busy"));
    child.once("exit", () => resolve("ended"));
    child.once("error", reject);
  });
  return {
    word,
    release(): void {
      if (child.connected) child.disconnect();
      child.unref();
    },
    readLog: () => readFileSync(serverLog(folder)).subarray(logStart).toString("utf8"),
  };
}
