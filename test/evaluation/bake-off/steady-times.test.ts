import { describe, expect, test } from "vitest";
import { steadyTimes, type Times } from "../../../src/evaluation/bake-off/steady-times.ts";

const first = new Map([
  ["a", 1],
  ["b", 5],
]);

const failing = (): Promise<number> => Promise.reject(new Error("gone"));

/** The median times of one stage. */
async function timesOfOne(
  one: Times,
  time: (query: string) => Promise<number>,
  signal?: AbortSignal,
): Promise<Times | undefined> {
  return (await steadyTimes(new Map([["one", { first: one, time }]]), signal)).get("one");
}

describe("steadyTimes", () => {
  test("takes the median of nine rounds, each over all queries", async () => {
    const asked: string[] = [];
    const times = await timesOfOne(first, async (query) => {
      asked.push(query);
      return query === "a" ? asked.length : 7;
    });
    expect(asked).toEqual(Array.from({ length: 8 }, () => ["a", "b"]).flat());
    // "a": 1 and then 1, 3, 5, … 15.
    expect(times).toEqual(
      new Map([
        ["a", 7],
        ["b", 7],
      ]),
    );
  });

  test("asks the stages in turn, and fewer times those that take longer", async () => {
    const asked: string[] = [];
    const stage = (name: string, milliseconds: number) => ({
      first: new Map([["a", milliseconds]]),
      time: async () => {
        asked.push(name);
        return milliseconds + 2;
      },
    });
    const stages = new Map([
      ["fast", stage("fast", 1)],
      ["slow", stage("slow", 4000)],
    ]);
    expect(await steadyTimes(stages, undefined)).toEqual(
      new Map([
        ["fast", new Map([["a", 3]])],
        ["slow", new Map([["a", 4002]])],
      ]),
    );
    const fast = Array.from({ length: 6 }, () => "fast");
    expect(asked).toEqual(["fast", "slow", "fast", "slow", ...fast]);
  });

  test("repeats nothing that takes long", async () => {
    let searches = 0;
    const slow = new Map([["a", 10_001]]);
    const times = await timesOfOne(slow, async () => (searches += 1));
    expect([times, searches]).toEqual([slow, 0]);
  });

  test("ignores a search that fails, and ends with the signal's reason", async () => {
    expect(await timesOfOne(first, failing)).toEqual(first);
    const aborted = AbortSignal.abort(new Error("enough"));
    await expect(timesOfOne(first, failing, aborted)).rejects.toThrow("enough");
  });
});
