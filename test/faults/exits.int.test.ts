import { join } from "node:path";
import { expect, test } from "vitest";
import { runProgram } from "../run-program.ts";

const harness = join(import.meta.dirname, "exits.mjs");

test("a process ends with its own exit code at any moment of its workers' work", () => {
  const words = [harness, "--count", "16", "--seed", "3", "--longest", "700"];
  const { status, stdout } = runProgram(process.execPath, words, { limitMs: 170_000 });
  expect(stdout).toMatch(/^0 wrong/m);
  expect(status).toBe(0);
}, 180_000);
