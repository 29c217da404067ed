import { join } from "node:path";
import { expect, test } from "vitest";
import { runProgram } from "../run-program.ts";

const harness = join(import.meta.dirname, "aborts.mjs");

test("many aborts leave nothing behind, and other calls at the same time give the same results as alone", () => {
  const words = [harness, "--count", "120", "--seed", "3"];
  const { status, stdout, stderr } = runProgram(process.execPath, words, { limitMs: 170_000 });
  expect(stdout + stderr).toMatch(/^0 wrong/m);
  expect(status).toBe(0);
}, 180_000);
