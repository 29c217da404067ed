import { expect, onTestFinished, test, vi } from "vitest";
import { progressLines, timeLeft } from "../../src/cli/output.ts";
import { shown } from "../../src/cli/terminal.ts";

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

test("without a terminal a line of progress comes every half minute", () => {
  vi.useFakeTimers({ toFake: ["performance"] });
  const printed = vi.spyOn(console, "error").mockReturnValue();
  onTestFinished(() => {
    vi.useRealTimers();
    printed.mockRestore();
  });
  const say = progressLines();
  for (let second = 0; second <= 95; second += 1) {
    say(() => shown`after ${second} s`);
    vi.advanceTimersByTime(1000);
  }
  expect(printed.mock.calls.flat()).toEqual(["after 30 s", "after 60 s", "after 90 s"]);
});
