import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { onTestFinished } from "vitest";

const server = new URL("../../dist/vector-store/chroma-server.js", import.meta.url).href;

/** A process of its own that joins the server of a folder. */
export interface ServerUser {
  readonly process: ChildProcess;
  /** Where the server answers, once the process has joined it. */
  readonly url: Promise<string>;
}

/** Starts a process that joins the folder's server and then runs `then`. */
export function spawnUser(folder: string, then: string): ServerUser {
  const script = `
    import { joinChromaServer } from ${JSON.stringify(server)};
    const connection = await joinChromaServer(${JSON.stringify(folder)});
    console.log(connection.url);
    ${then}`;
  const user = spawn(process.execPath, ["--input-type=module", "--eval", script], {
    // In a process group of its own, as a terminal starts it.
    detached: true,
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => void user.kill("SIGKILL"));
  const firstLine = once(createInterface({ input: user.stdout }), "line");
  return { process: user, url: firstLine.then(([line]) => String(line)) };
}

/** Stays until it is killed. */
export const staying = "setInterval(() => undefined, 1000);";

/** Waits until `isSo` holds; fails after ten seconds. */
export async function eventually(isSo: () => boolean | Promise<boolean>): Promise<void> {
  for (let attempt = 0; attempt < 400; attempt += 1) {
    if (await isSo()) return;
    await sleep(25);
  }
  throw new Error(`Not so after ten seconds: ${isSo.toString()}`);
}

export async function keeperPid(folder: string): Promise<number> {
  const state: unknown = JSON.parse(await readFile(join(folder, "server.json"), "utf8"));
  if (typeof state === "object" && state !== null && "pid" in state) return Number(state.pid);
  throw new Error("server.json names no process");
}

/** How many keepers run on the folder, from the moment they are started. */
export function countKeepers(folder: string): number {
  const { stdout } = spawnSync("ps", ["-A", "-o", "args="], { encoding: "utf8" });
  // A port may follow the folder.
  const folders = stdout.split("\n").map((args) => args.split("chroma-keeper.js ")[1]);
  return folders.filter((each) => each?.replace(/ \d+$/, "") === folder).length;
}

/** The processes that a process has started. */
export function childrenOf(pid: number): number[] {
  const { stdout } = spawnSync("ps", ["-A", "-o", "pid=,ppid="], { encoding: "utf8" });
  const rows = stdout.split("\n").map((row) => row.trim().split(/\s+/).map(Number));
  return rows.flatMap(([child = 0, parent]) => (parent === pid ? [child] : []));
}

export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    // A process that has ended stays on the list until its parent, here `init`, has taken notice.
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch (error) {
    return (
      process.platform !== "linux" && error instanceof Error && error.message.includes("/proc/")
    );
  }
}

export async function answers(url: string): Promise<boolean> {
  return fetch(`${url}/api/v2/heartbeat`).then(
    ({ ok }) => ok,
    () => false,
  );
}
