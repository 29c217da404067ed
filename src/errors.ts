/** What went wrong, as a word that callers can switch on. */
export type RetrievalErrorCode =
  | "invalid-option"
  | "invalid-input"
  | "missing-dependency"
  | "model-not-found"
  | "model-access-denied"
  | "model-damaged"
  | "model-mismatch"
  | "no-answer"
  | "download-failed"
  | "device-unavailable"
  | "worker-failed"
  | "overloaded"
  | "disk-full"
  | "lock-lost"
  | "store-unreachable"
  | "store-mismatch"
  | "store-damaged"
  | "index-mismatch"
  | "index-damaged"
  | "disposed";

/** Every failure this package raises on purpose. Switch on `code`: it survives a duplicate install. */
export class RetrievalError extends Error {
  override readonly name = "RetrievalError";
  readonly code: RetrievalErrorCode;

  constructor(code: RetrievalErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Returns `value` if it is a whole number of at least `least`; otherwise says what was expected. */
export function requireWholeNumber(option: string, value: unknown, least: number): number {
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= least) return value;
  throw new RetrievalError(
    "invalid-option",
    `Expected \`${option}\` to be a whole number of at least ${least}, got ${describe(value)}.`,
  );
}

/** Returns `value` if it is a number from `least` to `most`; otherwise says what was expected. */
export function requireNumber(
  option: string,
  value: unknown,
  least: number,
  most: number = Infinity,
): number {
  if (typeof value === "number" && Number.isFinite(value) && value >= least && value <= most) {
    return value;
  }
  const range = most === Infinity ? `of at least ${least}` : `from ${least} to ${most}`;
  throw new RetrievalError(
    "invalid-option",
    `Expected \`${option}\` to be a number ${range}, got ${describe(value)}.`,
  );
}

/** Returns `value` if it is a string with something in it besides white space. */
export function requireText(name: string, value: string): string {
  if (typeof value === "string" && value.trim() !== "") return value;
  throw new RetrievalError(
    "invalid-input",
    `Expected \`${name}\` to be a non-empty string, got ${describe(value)}.`,
  );
}

/** Refuses values that are no strings, and says where the first one stands; empty strings are fine. */
export function requireStrings(name: string, values: readonly string[]): void {
  if (!Array.isArray(values)) {
    throw new RetrievalError(
      "invalid-input",
      `Expected \`${name}\` to be an array of strings, got ${describe(values)}.`,
    );
  }
  const index = values.findIndex((value) => typeof value !== "string");
  if (index !== -1) requireString(`${name}[${index}]`, values[index]);
}

/** Refuses a value that is no string; an empty one is fine. */
export function requireString(name: string, value: unknown): void {
  if (typeof value === "string") return;
  throw new RetrievalError(
    "invalid-input",
    `Expected \`${name}\` to be a string, got ${describe(value)}.`,
  );
}

/** Returns `value` if it is one of `choices`; otherwise says which there are. */
export function requireChoice<Choice extends string>(
  option: string,
  value: unknown,
  choices: readonly Choice[],
): Choice {
  const found = choices.find((choice) => choice === value);
  if (found !== undefined) return found;
  const known = choices.map((choice) => JSON.stringify(choice)).join(", ");
  throw new RetrievalError(
    "invalid-option",
    `Expected \`${option}\` to be one of ${known}, got ${describe(value)}.`,
  );
}

/** Refuses what lacks a method of the thing expected, such as a promise, a name, or nothing at all. */
export function requireMethods(
  option: string,
  value: unknown,
  expected: string,
  methods: readonly string[],
): void {
  // A string has methods, too, such as `search`.
  const found = typeof value === "string" ? {} : Object(value);
  if (methods.every((method) => typeof Reflect.get(found, method) === "function")) return;
  throw new RetrievalError(
    "invalid-option",
    `Expected \`${option}\` to be ${expected}, got ${describe(value)}.`,
  );
}

/** Refuses what is no LangChain embeddings. */
export function requireEmbeddings(value: unknown): void {
  requireMethods("embeddings", value, "LangChain embeddings, such as OnnxEmbeddings", [
    "embedDocuments",
    "embedQuery",
  ]);
}

/** What kind of value it is, for an error: "a string", "an array", "a Promise", "NaN". */
export function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value === "number" && !Number.isFinite(value)) return String(value);
  if (Array.isArray(value)) return "an array";
  if (typeof value !== "object") return `a ${typeof value}`;
  const name = constructorName(value);
  if (name === "" || name === "Object") return "an object";
  return `${/^[AEIOU]/.test(name) ? "an" : "a"} ${name}`;
}

/** "" where it has none, or does not tell. */
function constructorName(value: object): string {
  try {
    const maker: unknown = Reflect.get(value, "constructor");
    const name: unknown = typeof maker === "function" ? maker.name : "";
    return typeof name === "string" ? name : "";
  } catch {
    return "";
  }
}

/** A value as an error shows it: text, number and boolean as they are, anything else by its kind. */
export function describe(value: unknown): string {
  if (typeof value === "string") {
    return value.length > 80 ? `${JSON.stringify(value.slice(0, 80))}…` : JSON.stringify(value);
  }
  if (typeof value === "function" || (typeof value === "object" && value !== null)) {
    const isPromise = "then" in value && typeof value.then === "function";
    return isPromise ? `${kindOf(value)}; await it first` : kindOf(value);
  }
  return String(value);
}

/** The message of an error, or of anything else that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
