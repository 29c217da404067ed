import { spawnSync } from "node:child_process";

interface ProgramOptions {
  readonly cwd?: string | undefined;
  readonly input?: string | undefined;
  /** After that many milliseconds it is killed. @defaultValue 100,000 */
  readonly limitMs?: number | undefined;
}

/** How a program ended, and what it printed. */
interface Ended {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs a program and waits for its end. The test runner cannot end a test that waits for a child in this
 * way, so the program has a limit of its own: one that hangs fails its test, and not the whole run.
 *
 * @throws where it cannot be started, or had to be killed
 */
export function runProgram(
  command: string,
  words: readonly string[],
  { cwd, input, limitMs: timeout = 100_000 }: ProgramOptions = {},
): Ended {
  const { status, signal, stdout, stderr, error } = spawnSync(command, words, {
    cwd,
    input,
    encoding: "utf8",
    maxBuffer: 2 ** 26,
    timeout,
    killSignal: "SIGKILL",
  });
  if (error === undefined) return { status, signal, stdout, stderr };
  throw new Error(
    `${command} ${words.join(" ").slice(0, 500)}: ${error.message}\n${stdout ?? ""}${stderr ?? ""}`,
  );
}
