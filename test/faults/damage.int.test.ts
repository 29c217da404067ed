import { join } from "node:path";
import { expect, test } from "vitest";
import { runProgram } from "../run-program.ts";

const harness = join(import.meta.dirname, "damage.mjs");

test("a damaged file of any kind is an error that says what to do, or is read as it was", () => {
  const words = [harness, "--count", "200", "--seed", "3"];
  const { status, stdout, stderr } = runProgram(process.execPath, words, { limitMs: 170_000 });
  expect(stdout + stderr).toMatch(/^0 wrong/m);
  expect(status).toBe(0);
}, 180_000);
