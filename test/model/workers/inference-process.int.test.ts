import { join } from "node:path";
import { expect, test } from "vitest";
import { runProgram } from "../../run-program.ts";

const root = join(import.meta.dirname, "../../..");

test.each([
  ["Node", process.execPath, []],
  ["Deno", process.execPath, [join(root, "node_modules/deno/bin.cjs"), "run", "-A", "--no-check"]],
])(
  "in a worker thread of the program, under %s, processes score the same as threads, and end",
  (_name, command, words) => {
    const program = [...words, "test/model/workers/own-thread.mjs"];
    const { status, stdout, stderr } = runProgram(command, program, { cwd: root });
    expect([status, stderr]).toEqual([0, ""]);
    expect(JSON.parse(stdout)).toEqual({ isSame: true, threads: 0 });
  },
  120_000,
);
