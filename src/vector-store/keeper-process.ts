import { spawn } from "node:child_process";
import { closeSync, fstatSync, ftruncateSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { privateFileMode } from "../private-files.ts";
import type { KeeperWord } from "./keeper-news.ts";
import { unwritableStore } from "./start-failure.ts";

const logLimitBytes = 1_000_000;

// Node 20 starts no `.ts` file: under vitest the built one is taken.
const keeperFile: string = fileURLToPath(
  import.meta.url.endsWith(".ts")
    ? new URL("../../dist/vector-store/chroma-keeper.js", import.meta.url)
    : new URL("./chroma-keeper.js", import.meta.url),
);

/** A keeper just started; it counts its starter as a user until `release`. */
export interface StartedKeeper {
  /** `ended`: it went before it could speak. */
  readonly word: KeeperWord | "ended";
  /** Lets go of the process, which then lives for those who joined it. */
  release(): void;
  /** What it and the server have written since it was started. */
  readLog(): string;
}

/** Where the server of a data folder writes what it has to say. */
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
 * Starts a keeper that no terminal and no exit of this process ends; resolves when it has spoken. Its server
 * listens on `port` where that is given and free.
 */
export async function startKeeper(folder: string, port = ""): Promise<StartedKeeper> {
  const log = openLog(folder);
  if (fstatSync(log).size > logLimitBytes) ftruncateSync(log);
  const logStart = fstatSync(log).size;
  const child = spawn(process.execPath, [keeperFile, folder, port], {
    detached: true,
    windowsHide: true,
    cwd: folder,
    stdio: ["ignore", log, log, "ipc"],
    // What this process was started with, such as a debugger, is not meant for the keeper.
    env: { ...process.env, NODE_OPTIONS: undefined, RUST_BACKTRACE: "0" },
  });
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
