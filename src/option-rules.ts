import {
  kindOf,
  describe,
  requireChoice,
  requireMethods,
  requireNumber,
  requireWholeNumber,
  RetrievalError,
} from "./errors.ts";
import type { OptionRule } from "./options.ts";

/** The rule, applied even if the option is left out. */
export function required(rule: OptionRule): OptionRule {
  return Object.assign((name: string, value: unknown) => rule(name, value), {
    isRequired: true,
  } as const);
}

/** A whole number of at least `least`. */
export function wholeNumber(least: number): OptionRule {
  return (name, value) => requireWholeNumber(name, value, least);
}

/** A finite number from `least` to `most`. */
export function number(least: number, most?: number): OptionRule {
  return (name, value) => requireNumber(name, value, least, most);
}

/** One of these strings. */
export function choice(...choices: readonly string[]): OptionRule {
  return (name, value) => requireChoice(name, value, choices);
}

/** An object with these methods; `expected` says what it is. */
export function methods(expected: string, ...names: readonly string[]): OptionRule {
  return (name, value) => requireMethods(name, value, expected, names);
}

/** Anything that can be part of a LangChain chain. */
export const runnable: OptionRule = methods("a LangChain runnable", "invoke", "stream");

export const langchainEmbeddings: OptionRule = methods(
  "LangChain embeddings, such as OnnxEmbeddings",
  "embedDocuments",
  "embedQuery",
);

/** A string that is not blank. */
export const text: OptionRule = expecting(
  "a non-empty string",
  (value) => typeof value === "string" && value.trim() !== "",
);

export const string: OptionRule = expecting("a string", (value) => typeof value === "string");

export const strings: OptionRule = expecting(
  "an array of strings",
  (value) => Array.isArray(value) && value.every((each) => typeof each === "string"),
);

export const boolean: OptionRule = expecting(
  "true or false",
  (value) => typeof value === "boolean",
);

export const callback: OptionRule = expecting("a function", (value) => typeof value === "function");

export const abortSignal: OptionRule = expecting(
  "an AbortSignal",
  (value) =>
    typeof value === "object" &&
    value !== null &&
    "aborted" in value &&
    "addEventListener" in value,
);

/** An array; the function that takes it checks its elements. */
export const array: OptionRule = expecting("an array", (value) => Array.isArray(value));

/** An object that is neither an array nor a promise; the function that takes it checks its fields. */
export const object: OptionRule = expecting(
  "an object",
  (value) =>
    typeof value === "object" && value !== null && !Array.isArray(value) && !("then" in value),
);

/** Values by name; the spread of an array, a Map or `Headers` would hold other names, or none. */
export const record: OptionRule = expecting(
  "a plain object",
  (value) => kindOf(value) === kindOf({}),
);

/** Any value; the function that takes it checks it. */
export const checkedByTaker: OptionRule = () => undefined;

/** The rules of the options that LangChain's `BaseRetriever` takes. */
export const retrieverInputRules: Readonly<
  Record<"callbacks" | "tags" | "metadata" | "verbose", OptionRule>
> = {
  callbacks: expecting("LangChain callbacks", (value) => typeof value === "object"),
  tags: strings,
  metadata: object,
  verbose: boolean,
};

function expecting(expected: string, holds: (value: unknown) => boolean): OptionRule {
  return (name, value) => {
    if (holds(value)) return;
    const got = typeof value === "object" ? kindOf(value) : describe(value);
    throw new RetrievalError(
      "invalid-option",
      `Expected \`${name}\` to be ${expected}, got ${got}.`,
    );
  };
}
