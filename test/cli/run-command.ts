import { spawn, type ChildProcess } from "node:child_process";
import { join } from "node:path";

const main = join(import.meta.dirname, "../../dist/cli/main.js");

const progressLine =
  /^(?:indexing: \d+ of \d+ passages|.+: \d+ of \d+ questions(?:, \d+ (?:s|min) left)?)\n/gm;

export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  /** Without lines of progress, which only a slow machine sees. */
  readonly stderr: string;
}

/** Runs the command in a folder as a user's shell without a terminal does, with `env` in its environment. */
export function runCommand(
  folder: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Outcome> {
  return startCommand(folder, args, env).outcome;
}

/** Starts the command, for who has to do with it while it runs. */
export function startCommand(
  folder: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): { readonly child: ChildProcess; readonly outcome: Promise<Outcome> } {
  const child = spawn(process.execPath, [main, ...args], {
    cwd: folder,
    env: { ...process.env, ...env },
  });
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  const outcome = new Promise<Outcome>((resolve) => {
    child.on("close", (code) =>
      resolve({ code, stdout, stderr: stderr.replaceAll(progressLine, "") }),
    );
  });
  return { child, outcome };
}
