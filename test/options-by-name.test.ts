import { expect, test } from "vitest";
import { number, text, wholeNumber } from "../src/option-rules.ts";
import { nearestName, requireOptions } from "../src/options.ts";

interface Options {
  readonly model?: string;
  readonly topN?: number;
  readonly scoreThreshold?: number;
  readonly k?: number;
}

const rules = {
  model: text,
  topN: wholeNumber(1),
  scoreThreshold: number(0, 1),
  k: wholeNumber(1),
};

test.each([
  ["modelName", "model"],
  ["model_name", "model"],
  ["top_n", "topN"],
  ["TOPN", "topN"],
  ["topK", "k"],
  ["threshold", "scoreThreshold"],
  ["scoreTreshold", "scoreThreshold"],
  ["moddel", "model"],
  ["colour", undefined],
  ["", undefined],
])("of %j the nearest name is %j", (given, nearest) => {
  expect(nearestName(given, Object.keys(rules))).toBe(nearest);
});

/** What plain JavaScript can hand in. */
const given = (json: string): Options => JSON.parse(json);

test("names an option that nobody knows, and those that there are", () => {
  expect(() => requireOptions("Thing", given('{ "modelName": "m" }'), rules)).toThrow(
    "Expected only options of Thing (model, topN, scoreThreshold, k), got `modelName`. Did you mean `model`?",
  );
  expect(() => requireOptions("Thing", given('{ "colour": "red" }'), rules)).toThrow(
    /got `colour`\.$/,
  );
});

test("takes a name without a value for one that was left out", () => {
  const options = Object.assign(given('{ "topN": 3 }'), { colour: undefined });
  expect(requireOptions<Options>("Thing", options, rules)).toBe(options);
});

test("knows no inherited names", () => {
  expect(() => requireOptions("Thing", given('{ "constructor": 1 }'), rules)).toThrow(
    "got `constructor`.",
  );
  expect(() => requireOptions("Thing", given('{ "__proto__": 1 }'), rules)).toThrow(
    "got `__proto__`.",
  );
});
