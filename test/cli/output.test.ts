import { expect, test } from "vitest";
import { timeLeft } from "../../src/cli/output.ts";

test.each([
  [0, ", 0 s left"],
  [41_600, ", 42 s left"],
  [99_400, ", 99 s left"],
  [100_000, ", 2 min left"],
  [3_600_000, ", 60 min left"],
  [Number.NaN, ""],
  [Infinity, ""],
])("says of %d milliseconds left %j", (milliseconds, words) => {
  expect(timeLeft(milliseconds)).toBe(words);
});
