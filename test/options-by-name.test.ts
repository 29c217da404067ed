import { expect, test } from "vitest";
import {
  checkedByTaker,
  methods,
  number,
  required,
  text,
  wholeNumber,
} from "../src/option-rules.ts";
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

/** Names of options and models of this package, and what people type for them. */
const known = [
  "candidates candidateCount reranker retrievers scorer store device dtype maxTokens maxWaiting k",
  "maxPerSource maxPerSection onError weights chatHistory BAAI/bge-reranker-base bge-reranker-base",
  "bge-reranker-large bge-base bge-small all-MiniLM-L6-v2 ms-marco-MiniLM-L6-v2",
].flatMap((names) => names.split(" "));

test.each([
  ["modle", "model"],
  ["mdoel", "model"],
  ["tpoN", "topN"],
  ["topn", "topN"],
  ["scoreThershold", "scoreThreshold"],
])("finds %j with letters in the wrong order: %j", (typed, nearest) => {
  expect(nearestName(typed, Object.keys(rules))).toBe(nearest);
});

test.each([
  ["candidatesCount", "candidateCount"],
  ["candiateCount", "candidateCount"],
  ["candiates", "candidates"],
  ["reranekr", "reranker"],
  ["rerankers", "reranker"],
  ["retreivers", "retrievers"],
  ["stroe", "store"],
  ["devcie", "device"],
  ["dtpye", "dtype"],
  ["onEror", "onError"],
  ["wieghts", "weights"],
  ["maxPerSectoin", "maxPerSection"],
  ["max_tokens", "maxTokens"],
  ["bge-rerank-base", "bge-reranker-base"],
  ["bge-reranker-lagre", "bge-reranker-large"],
  ["bge-smal", "bge-small"],
  ["all-minilm-l6", "all-MiniLM-L6-v2"],
  ["ms-marco-MiniLM-L-6-v2", "ms-marco-MiniLM-L6-v2"],
  ["chat_history", "chatHistory"],
])("takes %j for %j", (typed, nearest) => {
  expect(nearestName(typed, known)).toBe(nearest);
});

test.each(["temperature", "apiKey", "colour", "verbosity", "gpt-4o", "foo", "x", "a", "-", ""])(
  "takes no name for %j",
  (typed) => {
    expect(nearestName(typed, known)).toBeUndefined();
  },
);

/** What plain JavaScript can hand in. */
const given = (json: string): Options => JSON.parse(json);

test("names an unknown option, and the known ones", () => {
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

class Settings {
  readonly topN: number = 3;
}

/** Something that belongs into an option. */
class Store {
  readonly search = (): void => {};
  get aborted(): boolean {
    return false;
  }
}

test.each([
  [new Store(), "a Store"],
  [new AbortController().signal, "an AbortSignal"],
  [new Map([["topN", 3]]), "a Map"],
  [new Date(0), "a Date"],
  [Object.assign(new Settings(), { colour: "red" }), "a Settings"],
])("refuses an instance of a class that holds no options: %o", (instance, got) => {
  expect(() => requireOptions<object>("Thing", instance, rules)).toThrow(
    `Expected the options of Thing to be an object, got ${got}.`,
  );
});

test("names the options that the instance fits, and those that must be there", () => {
  const withStore = {
    ...rules,
    store: methods("a store", "search"),
    name: required(text),
    anything: checkedByTaker,
  };
  expect(() => requireOptions<object>("Thing", new Store(), withStore)).toThrow(
    "Expected the options of Thing to be an object such as `{ store, name }`, got a Store.",
  );
});

test("takes an instance of a class whose fields are options, and options that inherit from others", () => {
  const settings = new Settings();
  expect(requireOptions<object>("Thing", settings, rules)).toBe(settings);
  const inheriting: object = Object.create({ topN: 3 });
  expect(requireOptions<object>("Thing", inheriting, rules)).toBe(inheriting);
});

test("names all options that are missing", () => {
  const needed = { ...rules, store: required(checkedByTaker), name: required(text) };
  expect(() => requireOptions<object>("Thing", {}, needed)).toThrow(
    "Expected the options of Thing to include `store` and `name`, got neither of them.",
  );
  expect(() => requireOptions<object>("Thing", { store: 1 }, needed)).toThrow(
    "Expected `name` to be a non-empty string, got undefined.",
  );
});

test("knows no inherited names", () => {
  expect(() => requireOptions("Thing", given('{ "constructor": 1 }'), rules)).toThrow(
    "got `constructor`.",
  );
  expect(() => requireOptions("Thing", given('{ "__proto__": 1 }'), rules)).toThrow(
    "got `__proto__`.",
  );
});
