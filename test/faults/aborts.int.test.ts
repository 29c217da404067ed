import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";

const harness = join(import.meta.dirname, "aborts.mjs");

test("a storm of aborts leaves nothing behind, and calls beside it give what they give alone", () => {
  const words = [harness, "--count", "120", "--seed", "3"];
  const { status, stdout, stderr } = spawnSync(process.execPath, words, { encoding: "utf8" });
  expect(stdout + stderr).toMatch(/^0 wrong/m);
  expect(status).toBe(0);
}, 180_000);
