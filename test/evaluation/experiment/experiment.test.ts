import { FakeRetriever } from "@langchain/core/utils/testing";
import { describe, expect, test } from "vitest";
import type { ExperimentProgress } from "../../../src/evaluation/experiment/ask-queries.ts";
import { experiment } from "../../../src/evaluation/experiment/experiment.ts";
import type { TracedSystem } from "../../../src/evaluation/experiment/system.ts";
import { nDCG } from "../../../src/evaluation/measures/ndcg.ts";
import { recall } from "../../../src/evaluation/measures/recall.ts";
import { deepFreeze } from "../../deep-freeze.ts";
import { judgementsOf } from "../judged.ts";
import { AnswerBook, found } from "./systems.ts";

const queries = deepFreeze(
  new Map([
    ["q1", "one"],
    ["q2", "two"],
    ["unjudged", "three"],
  ]),
);
const judgements = judgementsOf(["q1", [["a", 1]]], ["q2", [["b", 1]]]);
const measures = [recall(1), nDCG(10)];
const given = { queries, judgements, measures, warmUpQueries: 0 };

/** A system that takes so long for each question. */
function answering(milliseconds: number) {
  return {
    invoke: async () => {
      await new Promise((resolve) => void setTimeout(resolve, milliseconds));
      return [found("a")];
    },
  };
}

describe("experiment", () => {
  test("asks each system each judged query, and measures what came back", async () => {
    const good = new AnswerBook({ one: ["a", "b"], two: ["b"] });
    const bad = new AnswerBook({ one: ["b", "a"], two: [] });
    const result = await experiment({ ...given, systems: { good, bad } });
    expect([...result.queries]).toEqual([
      ["q1", "one"],
      ["q2", "two"],
    ]);
    expect(result).toMatchObject({ measures: ["R@1", "nDCG@10"], isSynthetic: false });
    expect(result.systems.map(({ name, evaluations }) => [name, evaluations[0]?.mean])).toEqual([
      ["good", 1],
      ["bad", 0],
    ]);
    expect(good.asked).toEqual(["one", "two"]);
    expect(result.systems[0]?.run.get("q1")).toEqual([
      { id: "a", score: 2 },
      { id: "b", score: 1 },
    ]);
  });

  test("reports a query that failed, and counts it 0", async () => {
    const half = new AnswerBook({ two: ["b"] });
    const [system] = (await experiment({ ...given, systems: { half } })).systems;
    expect([...(system?.failures ?? [])]).toEqual([["q1", "no answer to one"]]);
    expect(system?.evaluations[0]?.mean).toBe(0.5);
    expect(system?.outcomes.has("q1")).toBe(false);
  });

  test("takes any LangChain retriever as it is", async () => {
    const systems = { langchain: new FakeRetriever({ output: [found("a"), found("b")] }) };
    const [system] = (await experiment({ ...given, systems })).systems;
    expect(system?.evaluations.map(({ mean }) => mean)).toEqual([0.5, (1 + 1 / Math.log2(3)) / 2]);
  });

  test("reports the time of each stage and which one failed, and passes on no value that is not a list", async () => {
    const traced: TracedSystem = {
      search: async () => ({
        documents: [found("a")],
        stages: [
          { name: "dense", milliseconds: 3, failure: "the store is gone" },
          { name: "rerank", milliseconds: 5 },
        ],
      }),
    };
    const wrong = { search: async () => JSON.parse('{"documents": "a"}') };
    const result = await experiment({ ...given, systems: { traced, wrong } });
    const [one, two] = result.systems;
    expect(one?.latency.get("rerank")).toEqual({ mean: 5, p50: 5, p95: 5 });
    expect(one?.latency.get("total")?.mean).toBeGreaterThanOrEqual(0);
    expect(one?.outcomes.get("q1")?.stageFailures?.get("dense")).toBe("the store is gone");
    expect(two?.failures.get("q1")).toMatch(/`search\(query\).documents` to be a list, got string/);
    expect(two?.latency.size).toBe(0);
  });

  test("warms up with other texts than the queries, and ignores failures there", async () => {
    const book = new AnswerBook({ one: ["a"], two: ["b"] });
    const [system] = (await experiment({ ...given, systems: { book }, warmUpQueries: 1 })).systems;
    expect(book.asked).toEqual(["warm up: one", "one", "two"]);
    expect(system?.failures.size).toBe(0);
  });

  test("asks as many queries at once as allowed, and reports progress", async () => {
    let [running, most] = [0, 0];
    const slow = {
      invoke: async () => {
        running += 1;
        most = Math.max(most, running);
        await new Promise((resolve) => {
          setTimeout(resolve, 5);
        });
        running -= 1;
        return [found("a")];
      },
    };
    const seen: ExperimentProgress[] = [];
    const systems = { slow, again: slow };
    const onProgress = (progress: ExperimentProgress) => void seen.push(progress);
    await experiment({ ...given, systems, concurrency: 2, onProgress });
    expect(most).toBe(2);
    expect(seen.map(({ done, total, system }) => [done, total, system])).toEqual([
      [1, 4, "slow"],
      [2, 4, "slow"],
      [3, 4, "again"],
      [4, 4, "again"],
    ]);
    expect(seen[0]?.leftMs).toBeGreaterThan(0);
    expect(seen[3]?.leftMs).toBe(0);
  });

  test("may ask any number of queries at once", async () => {
    const run = { ...given, systems: { fast: answering(0) }, concurrency: Number.MAX_SAFE_INTEGER };
    const [system] = (await experiment(run)).systems;
    expect(system?.outcomes.size).toBe(2);
  });

  test("estimates the time left from the current system: a slow one after a fast one takes longer", async () => {
    const seen: ExperimentProgress[] = [];
    const onProgress = (progress: ExperimentProgress) => void seen.push(progress);
    const systems = { fast: answering(0), slow: answering(60) };
    await experiment({ ...given, systems, warmUpQueries: 0, onProgress });
    expect(seen.map(({ system }) => system)).toEqual(["fast", "fast", "slow", "slow"]);
    expect(seen[2]?.leftMs).toBeGreaterThan(50);
  });

  test("ends with the signal's reason, even if a system ignores it", async () => {
    const stop = new AbortController();
    const deaf = { invoke: () => new Promise<never>(() => undefined) };
    const run = experiment({ ...given, systems: { deaf }, signal: stop.signal });
    stop.abort(new Error("enough"));
    await expect(run).rejects.toThrow("enough");
  });

  test("keeps the order of the judgements, whatever order the answers come in", async () => {
    const book = new AnswerBook({ one: ["a"], two: ["b"] });
    const hasty = {
      invoke: async (query: string) => {
        if (query === "one") await new Promise((resolve) => void setTimeout(resolve, 10));
        return book.invoke(query);
      },
    };
    const [system] = (await experiment({ ...given, systems: { hasty }, concurrency: 2 })).systems;
    expect([...(system?.outcomes.keys() ?? [])]).toEqual(["q1", "q2"]);
  });

  test.each([
    ["systems", { systems: {} }, "Expected at least one system in `systems`, got none."],
    [
      "measures",
      { measures: [] },
      "Expected at least one measure in `measures`, each once, got none.",
    ],
    ["a text", { queries: new Map([["q1", "one"]]) }, 'have none, for example "q2"'],
    ["judgements", { judgements: judgementsOf() }, "Expected judgements for at least one query"],
    ["concurrency", { concurrency: 0 }, "Expected `concurrency` to be a whole number"],
  ])("refuses a run without %s", async (_what, wrong, message) => {
    const systems = { book: new AnswerBook({}) };
    await expect(experiment({ ...given, systems, ...wrong })).rejects.toThrow(message);
  });
});
