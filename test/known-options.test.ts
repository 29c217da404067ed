import { expect, test } from "vitest";
import { nearestName, requireOptions } from "../src/options.ts";

const names = { model: true, topN: true, scoreThreshold: true, k: true } as const;

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
  expect(nearestName(given, Object.keys(names))).toBe(nearest);
});

/** What plain JavaScript can hand in. */
const given = (json: string): typeof names => JSON.parse(json);

test("names an option that nobody knows, and those that there are", () => {
  expect(() => requireOptions("Thing", given('{ "modelName": "m" }'), names)).toThrow(
    "Expected options that Thing takes (model, topN, scoreThreshold, k), got `modelName`. Did you mean `model`?",
  );
  expect(() => requireOptions("Thing", given('{ "colour": "red" }'), names)).toThrow(
    /got `colour`\.$/,
  );
});

test("takes a name without a value for one that was left out", () => {
  const options = Object.assign(given('{ "topN": 3 }'), { colour: undefined });
  expect(requireOptions<typeof names>("Thing", options, names)).toBe(options);
});

test("knows no inherited names", () => {
  expect(() => requireOptions("Thing", given('{ "constructor": 1 }'), names)).toThrow(
    "got `constructor`.",
  );
  expect(() => requireOptions("Thing", given('{ "__proto__": 1 }'), names)).toThrow(
    "got `__proto__`.",
  );
});
