import { describe, expect, test } from "vitest";
import { fitCalibration } from "../../../src/evaluation/calibration/fit-calibration.ts";
import { readCalibration } from "../../../src/evaluation/calibration/read-calibration.ts";
import { overlapping } from "./judged-scores.ts";

const model = { name: "rerank-minilm-l6", fileHash: "ab12", arithmetic: "int8" } as const;
const platt = { version: 1, model, method: "platt", slope: 0.5, intercept: -1 };
const isotonic = { version: 1, model, method: "isotonic", scores: [0, 1], probabilities: [0.1, 1] };

test.each(["platt", "isotonic"] as const)(
  "reads back what was fitted by %s, to the bit",
  (method) => {
    const fitted = fitCalibration(overlapping, { method, model });
    const read = readCalibration(JSON.stringify(fitted), model);
    expect(read.toJSON()).toEqual(fitted.toJSON());
    expect(read).toMatchObject({ method, model });
    for (const score of [-5, -0.123, 0.1, 3.21]) {
      expect(read.probabilityOf(score)).toBe(fitted.probabilityOf(score));
    }
    expect(read.thresholdFor(0.8)).toBe(fitted.thresholdFor(0.8));
  },
);

test("refuses the calibration of another model file", () => {
  expect(() => readCalibration(JSON.stringify(platt), { ...model, fileHash: "cd34" })).toThrow(
    expect.objectContaining({
      code: "model-mismatch",
      message:
        "Expected a calibration for the model file cd34, got one for rerank-minilm-l6 with the file ab12: " +
        "fit a new one on scores of the model in use.",
    }),
  );
});

test("refuses the calibration of saturating scores on a machine with exact ones, and vice versa", () => {
  const saturating = { ...model, arithmetic: "int8-saturating" } as const;
  const fromThere = JSON.stringify({ ...platt, model: saturating });
  expect(readCalibration(fromThere, saturating).model).toEqual(saturating);
  expect(() => readCalibration(fromThere, model)).toThrow(
    expect.objectContaining({
      code: "model-mismatch",
      message: expect.stringContaining("got one made with saturating int8 scores"),
    }),
  );
  expect(() => readCalibration(JSON.stringify(platt), saturating)).toThrow(
    "made with exact int8 scores",
  );
  const widened = { ...model, arithmetic: "int8-widened" } as const;
  expect(readCalibration(JSON.stringify(platt), widened).model).toEqual(model);
});

describe("says what it expected of a damaged calibration:", () => {
  const { model: _, ...withoutModel } = platt;
  test.each([
    ["no JSON", "{", "Expected a calibration as JSON, got a string that is not valid JSON"],
    ["no object", "7", "the JSON value to be an object, got 7"],
    ["a version to come", { ...platt, version: 2 }, "`version` to be 1, got 2"],
    ["no version", { model }, "`version` to be 1, got nothing"],
    ["no model", withoutModel, "`model` to be an object, got nothing"],
    ["no name", { ...platt, model: { fileHash: "ab12" } }, "`model.name` to be a string"],
    ["no hash", { ...platt, model: { name: "a" } }, "`model.fileHash` to be a string"],
    [
      "no arithmetic",
      { ...platt, model: { name: "a", fileHash: "ab12" } },
      "`model.arithmetic` to be one of float, int8, int8-widened, int8-saturating",
    ],
    ["a method to come", { ...platt, method: "beta" }, '"platt" or "isotonic", got "beta"'],
    ["no slope", { ...platt, slope: undefined }, "`slope` to be a number above 0, got nothing"],
    ["a slope that falls", { ...platt, slope: -1 }, "`slope` to be a number above 0, got -1"],
    ["no intercept", { ...platt, intercept: "1" }, '`intercept` to be a number, got "1"'],
    ["no list", { ...isotonic, scores: {} }, "`scores` to be a list of numbers, got {}"],
    ["no number", { ...isotonic, scores: [0, null] }, "`scores` to be a list of numbers"],
    ["scores that stay", { ...isotonic, scores: [1, 1] }, "`scores` to rise, got [1,1]"],
    ["a percentage", { ...isotonic, probabilities: [0, 80] }, "to be from 0 to 1 and never fall"],
    ["a fall", { ...isotonic, probabilities: [0.8, 0.1] }, "to be from 0 to 1 and never fall"],
    ["a probability below 0", { ...isotonic, probabilities: [-0.1, 1] }, "from 0 to 1"],
    ["one list longer", { ...isotonic, scores: [0, 1, 2] }, "as many `probabilities`, got [3,2]"],
    ["one corner", { ...isotonic, scores: [0], probabilities: [1] }, "at least two `scores`"],
  ])("%s", (_name, saved, message) => {
    const json = typeof saved === "string" ? saved : JSON.stringify(saved);
    expect(() => readCalibration(json, model)).toThrow(
      expect.objectContaining({
        code: "invalid-input",
        message: expect.stringContaining(message),
      }),
    );
  });
});
