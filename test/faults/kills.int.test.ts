import { join } from "node:path";
import { expect, test } from "vitest";
import { runProgram } from "../run-program.ts";

const harness = join(import.meta.dirname, "kills.mjs");

test("the next run completes what a killed run left unfinished", () => {
  const words = [harness, "--count", "5", "--seed", "4"];
  const { status, stdout } = runProgram(process.execPath, words, { limitMs: 170_000 });
  expect(stdout).toMatch(/^0 wrong/m);
  expect(status).toBe(0);
}, 180_000);
