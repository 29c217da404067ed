import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "../..");

test.each([
  ["Node", process.execPath, []],
  ["Deno", process.execPath, [join(root, "node_modules/deno/bin.cjs"), "run", "-A", "--no-check"]],
])(
  "in a worker thread of the program, under %s, processes score the same as threads, and end",
  (_name, command, words) => {
    const program = [...words, "test/model/own-thread.mjs"];
    const options = { cwd: root, encoding: "utf8" } as const;
    const { status, stdout, stderr } = spawnSync(command, program, options);
    expect([status, stderr]).toEqual([0, ""]);
    expect(JSON.parse(stdout)).toEqual({ isSame: true, threads: 0 });
  },
  120_000,
);
