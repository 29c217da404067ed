import { describe, expect, test } from "vitest";
import { steadyTimes } from "../../../src/evaluation/bake-off/first-stage-times.ts";

const first = new Map([
  ["a", 1],
  ["b", 5],
]);

const failing = (): Promise<number> => Promise.reject(new Error("gone"));

describe("steadyTimes", () => {
  test("takes the median of nine rounds, each over all queries", async () => {
    const asked: string[] = [];
    const times = await steadyTimes(
      first,
      async (query) => {
        asked.push(query);
        return query === "a" ? asked.length : 7;
      },
      undefined,
    );
    expect(asked).toEqual(Array.from({ length: 8 }, () => ["a", "b"]).flat());
    // "a": 1 and then 1, 3, 5, … 15.
    expect(times).toEqual(
      new Map([
        ["a", 7],
        ["b", 7],
      ]),
    );
  });

  test("repeats nothing that takes long", async () => {
    let searches = 0;
    const slow = new Map([["a", 3001]]);
    const times = await steadyTimes(slow, async () => (searches += 1), undefined);
    expect([times, searches]).toEqual([slow, 0]);
  });

  test("ignores a search that fails, and ends with the signal's reason", async () => {
    expect(await steadyTimes(first, failing, undefined)).toEqual(first);
    const aborted = AbortSignal.abort(new Error("enough"));
    await expect(steadyTimes(first, failing, aborted)).rejects.toThrow("enough");
  });
});
