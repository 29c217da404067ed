import { RetrievalError } from "../../errors.ts";
import { arithmetics, requireSameScores } from "../../ranking/arithmetic.ts";
import { type CalibratedModel, type Calibration, calibrationOf } from "./calibration.ts";
import type { IsotonicRegression } from "./isotonic-regression.ts";
import type { PlattScaling } from "./platt-scaling.ts";

/**
 * Reads a calibration from the JSON that `JSON.stringify` made of it; its probabilities and thresholds are
 * bit-identical.
 *
 * @throws RetrievalError `invalid-input` if the text is not a calibration; `model-mismatch` if it was made for
 * a file other than that of `fileHash`, or if the calibration's scores or `arithmetic`, but not both, saturate.
 */
export function readCalibration(
  json: string,
  { fileHash, arithmetic }: Pick<CalibratedModel, "fileHash" | "arithmetic">,
): Calibration {
  const record = objectIn("the JSON value", parsed(json));
  if (record["version"] !== 1) throw malformed("`version` to be 1", record["version"]);
  const model = modelIn(record["model"]);
  if (model.fileHash !== fileHash) {
    throw new RetrievalError(
      "model-mismatch",
      `Expected a calibration for the model file ${fileHash}, got one for ${model.name} with the file ${model.fileHash}: ` +
        "fit a new one on scores of the model in use.",
    );
  }
  requireSameScores("a calibration", { madeWith: model.arithmetic, inUse: arithmetic });
  const { method } = record;
  const head = { version: 1, model } as const;
  if (method === "platt") return calibrationOf({ ...head, method, ...scalingIn(record) });
  if (method === "isotonic") return calibrationOf({ ...head, method, ...regressionIn(record) });
  throw malformed('`method` to be "platt" or "isotonic"', method);
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch (cause) {
    throw new RetrievalError(
      "invalid-input",
      "Expected a calibration as JSON, got a string that is not valid JSON: fit it again and save the output of JSON.stringify.",
      { cause },
    );
  }
}

function modelIn(value: unknown): CalibratedModel {
  const { name, fileHash, arithmetic } = objectIn("`model`", value);
  if (typeof name !== "string") throw malformed("`model.name` to be a string", name);
  if (typeof fileHash !== "string") throw malformed("`model.fileHash` to be a string", fileHash);
  const known = arithmetics.find((each) => each === arithmetic);
  if (known === undefined) {
    throw malformed(`\`model.arithmetic\` to be one of ${arithmetics.join(", ")}`, arithmetic);
  }
  return { name, fileHash, arithmetic: known };
}

function scalingIn({ slope, intercept }: Readonly<Record<string, unknown>>): PlattScaling {
  if (!isFinite(slope) || slope <= 0) throw malformed("`slope` to be a number above 0", slope);
  if (!isFinite(intercept)) throw malformed("`intercept` to be a number", intercept);
  return { slope, intercept };
}

function regressionIn(record: Readonly<Record<string, unknown>>): IsotonicRegression {
  const scores = numbersIn("scores", record["scores"]);
  const probabilities = numbersIn("probabilities", record["probabilities"]);
  const isRising = scores.every(
    (score, index) => index === 0 || score > (scores[index - 1] ?? score),
  );
  if (!isRising) throw malformed("`scores` to rise", scores);
  const isProbable = probabilities.every(
    (value, index) => value >= (probabilities[index - 1] ?? 0) && value <= 1,
  );
  if (!isProbable)
    throw malformed("`probabilities` to be from 0 to 1 and never fall", probabilities);
  if (scores.length === probabilities.length && scores.length > 1) return { scores, probabilities };
  throw malformed("at least two `scores` and as many `probabilities`", [
    scores.length,
    probabilities.length,
  ]);
}

function numbersIn(name: string, value: unknown): number[] {
  if (Array.isArray(value) && value.every(isFinite)) return value;
  throw malformed(`\`${name}\` to be a list of numbers`, value);
}

function isFinite(value: unknown): value is number {
  return Number.isFinite(value);
}

function objectIn(name: string, value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value === "object" && value !== null) return { ...value };
  throw malformed(`${name} to be an object`, value);
}

function malformed(expected: string, found: unknown): RetrievalError {
  const shown = (JSON.stringify(found) ?? "nothing").slice(0, 80);
  return new RetrievalError(
    "invalid-input",
    `Invalid saved calibration: expected ${expected}, got ${shown}; fit it again.`,
  );
}
