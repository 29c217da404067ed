import { expect, test } from "vitest";
import { latencyByStage } from "../../../src/evaluation/experiment/latency.ts";

test("computes a stage over the queries that reported it, and the total over all", () => {
  const outcomes = [
    { stages: new Map([["dense", 1]]), milliseconds: 10 },
    { stages: new Map([["dense", 3]]), milliseconds: 20 },
    { stages: new Map<string, number>(), milliseconds: 60 },
  ];
  const latency = latencyByStage(outcomes);
  expect(latency.get("dense")).toEqual({ mean: 2, p50: 2, p95: 2.9 });
  expect(latency.get("total")).toEqual({ mean: 30, p50: 20, p95: 56 });
});
