import { arithmetics } from "../../ranking/arithmetic.ts";
import { writeText } from "../data/write-text.ts";
import { SavedValue } from "../saved-value.ts";
import { readSavedFusion } from "../fitting/saved-fusion.ts";
import type {
  ChosenSettings,
  Configuration,
  FoldChoice,
  GateEvidence,
  RerankSettings,
} from "./configuration.ts";

/** The configuration as indented JSON, which `readConfiguration` reads to the same values. */
export function configurationToJson(configuration: Configuration): string {
  return `${JSON.stringify(configuration, undefined, 2)}\n`;
}

/** Writes the configuration atomically: a reader sees the old file or the new one, never a part of it. */
export async function writeConfiguration(
  path: string,
  configuration: Configuration,
): Promise<void> {
  await writeText(path, [configurationToJson(configuration)]);
}

/**
 * Reads a configuration from JSON, as a string or parsed.
 *
 * @throws RetrievalError `invalid-input` if it is not a configuration.
 */
export function readConfiguration(source: unknown): Configuration {
  const origin = {
    origin: "a saved configuration",
    wayOut: "run chooseConfiguration again",
  };
  const saved =
    typeof source === "string" ? SavedValue.parse(source, origin) : new SavedValue(source, origin);
  const version = saved.get("version").oneOf([1]);
  const decision = saved.get("decision").oneOf(["rerank", "first-stage", "undecided"]);
  return {
    version,
    decision,
    rerank: decision === "rerank" ? readRerank(saved.get("rerank")) : undefined,
    model: saved.get("model").optional((model) => ({
      name: model.get("name").text(),
      fileHash: model.get("fileHash").optional((hash) => hash.text()),
      arithmetic: model.get("arithmetic").optional((name) => name.oneOf(arithmetics)),
    })),
    firstStage: saved.get("firstStage").optional((name) => name.text()),
    measure: saved.get("measure").text(),
    queries: saved.get("queries").wholeNumber(0),
    reason: saved.get("reason").text(),
    evidence: saved.get("evidence").optional(readEvidence),
  };
}

function readRerank(saved: SavedValue): RerankSettings {
  const blend = saved.get("blend");
  return {
    candidateCount: saved.get("candidateCount").wholeNumber(1),
    blend: blend.isObject ? readSavedFusion(blend) : blend.number(0, 1),
    scoreThreshold: saved.get("scoreThreshold").optional((value) => value.number(0, 1)),
  };
}

function readEvidence(saved: SavedValue): GateEvidence {
  const interval = saved.get("interval");
  return {
    heldOutMean: saved.get("heldOutMean").number(),
    firstStageMean: saved.get("firstStageMean").number(),
    difference: saved.get("difference").number(),
    interval: { low: interval.get("low").number(), high: interval.get("high").number() },
    pValue: saved.get("pValue").number(0, 1),
    level: saved.get("level").number(0, 1),
    detectableDifference: saved.get("detectableDifference").number(),
    folds: saved.get("folds").list().map(readFold),
  };
}

function readFold(saved: SavedValue): FoldChoice {
  return {
    queries: saved.get("queries").wholeNumber(0),
    settings: readSettings(saved.get("settings")),
    heldOutMean: saved.get("heldOutMean").number(),
    firstStageMean: saved.get("firstStageMean").number(),
  };
}

function readSettings(saved: SavedValue): ChosenSettings {
  const blend = saved.get("blend");
  return {
    candidateCount: saved.get("candidateCount").optional((value) => value.wholeNumber(1)),
    blend: blend.isText ? blend.oneOf(["fitted"]) : blend.number(0, 1),
    scoreThreshold: saved.get("scoreThreshold").optional((value) => value.number(0, 1)),
  };
}
