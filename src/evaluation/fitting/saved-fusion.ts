import { RetrievalError } from "../../errors.ts";
import { arithmetics } from "../../ranking/arithmetic.ts";
import {
  type FittedFusion,
  fusionFeatures,
  type FusionWeight,
} from "../../ranking/fitted-fusion.ts";
import type { ScoringModel } from "../../ranking/scoring-model.ts";
import { writeText } from "../data/write-text.ts";
import { SavedValue } from "../saved-value.ts";

/**
 * Writes the fusion as indented JSON, which `readFusion` reads to the same values. A reader sees the old file or
 * the new one, never a part of it.
 */
export async function writeFusion(path: string, fusion: FittedFusion): Promise<void> {
  await writeText(path, [`${JSON.stringify(fusion, undefined, 2)}\n`]);
}

/**
 * Reads a fusion from JSON, as a string or parsed; its weights are bit-identical.
 *
 * @throws RetrievalError `invalid-input` if it is not a fusion.
 */
export function readFusion(source: unknown): FittedFusion {
  const origin = { origin: "a saved fusion", wayOut: "run fitFusion again" };
  const saved =
    typeof source === "string" ? SavedValue.parse(source, origin) : new SavedValue(source, origin);
  return readSavedFusion(saved);
}

/** As `readFusion`, for a fusion within other data. */
export function readSavedFusion(saved: SavedValue): FittedFusion {
  const version = saved.get("version").oneOf([1]);
  const models = saved.get("models");
  const weights = saved.get("weights").list().map(readWeight);
  const names = weights.map(({ feature }) => feature);
  if (names.length === 0 || new Set(names).size < names.length) {
    throw new RetrievalError(
      "invalid-input",
      `Expected \`weights\` in a saved fusion to have features, each once, got ${names.join(", ") || "none"}: run fitFusion again.`,
    );
  }
  return {
    version,
    weights,
    models: {
      reranker: models.get("reranker").optional(readModel),
      embeddings: models.get("embeddings").list().map(readModel),
    },
    penalty: saved.get("penalty").number(0, Infinity),
    queries: saved.get("queries").wholeNumber(1),
    candidateCount: saved.get("candidateCount").wholeNumber(1),
  };
}

function readWeight(saved: SavedValue): FusionWeight {
  const interval = saved.get("interval");
  return {
    feature: saved.get("feature").oneOf(fusionFeatures),
    weight: saved.get("weight").number(),
    interval: { low: interval.get("low").number(), high: interval.get("high").number() },
  };
}

function readModel(saved: SavedValue): ScoringModel {
  return {
    name: saved.get("name").text(),
    fileHash: saved.get("fileHash").optional((hash) => hash.text()),
    arithmetic: saved.get("arithmetic").optional((name) => name.oneOf(arithmetics)),
  };
}
