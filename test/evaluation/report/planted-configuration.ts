import type { Configuration } from "../../../src/evaluation/gate/configuration.ts";
import { deepFreeze } from "../../deep-freeze.ts";

const evidence: Configuration["evidence"] = {
  heldOutMean: 0.75,
  firstStageMean: 0.7,
  difference: 0.05,
  interval: { low: 0.01, high: 0.09 },
  pValue: 0.02,
  level: 0.05,
  detectableDifference: 0.04,
  folds: [
    {
      queries: 30,
      settings: { candidateCount: 20, blend: 0.5, scoreThreshold: 0.3 },
      heldOutMean: 0.8,
      firstStageMean: 0.7,
    },
    {
      queries: 30,
      settings: { candidateCount: undefined, blend: 0, scoreThreshold: undefined },
      heldOutMean: 0.7,
      firstStageMean: 0.7,
    },
  ],
};

/** A decision of the gate, which throws when it is written to. */
export function plantedConfiguration(decision: "rerank" | "undecided"): Configuration {
  const common = {
    version: 1,
    model: { name: "a model", fileHash: undefined, arithmetic: undefined },
    measure: "nDCG@10",
    queries: 60,
  } as const;
  return deepFreeze(
    decision === "rerank"
      ? {
          ...common,
          decision,
          reason: "Rerank 20 candidates: it helps.",
          rerank: { candidateCount: 20, blend: 0.5, scoreThreshold: undefined },
          evidence,
        }
      : {
          ...common,
          decision,
          reason: "No decision: judge more.",
          rerank: undefined,
          evidence: undefined,
        },
  );
}
