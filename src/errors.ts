/** The kind of failure, for callers to switch on. */
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
  | "server-unreachable"
  | "server-refused"
  | "server-answer-invalid"
  | "disk-full"
  | "lock-lost"
  | "store-unreachable"
  | "store-mismatch"
  | "store-damaged"
  | "index-mismatch"
  | "index-damaged"
  | "disposed";

/**
 * Every error that this package throws on purpose. Compare `code` instead of using `instanceof`, which fails if
 * the package is installed twice.
 */
export class RetrievalError extends Error {
  override readonly name = "RetrievalError";
  readonly code: RetrievalErrorCode;

  constructor(code: RetrievalErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Returns `value` if it is a whole number of at least `least`, else throws `invalid-option`. */
export function requireWholeNumber(option: string, value: unknown, least: number): number {
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= least) return value;
  throw new RetrievalError(
    "invalid-option",
    `Expected \`${option}\` to be a whole number of at least ${least}, got ${describe(value)}.`,
  );
}

/** Returns `value` if it is a finite number from `least` to `most`, else throws `invalid-option`. */
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

/** Returns `value` if it is a string that is not blank, else throws `invalid-input`. */
export function requireText(name: string, value: string): string {
  if (typeof value === "string" && value.trim() !== "") return value;
  throw new RetrievalError(
    "invalid-input",
    `Expected \`${name}\` to be a non-empty string, got ${describe(value)}.`,
  );
}

/**
 * Throws `invalid-input` unless `values` is an array of strings, and names the first wrong index; empty strings
 * are allowed.
 */
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

/** Throws `invalid-input` unless `value` is a string; an empty string is allowed. */
export function requireString(name: string, value: unknown): void {
  if (typeof value === "string") return;
  throw new RetrievalError(
    "invalid-input",
    `Expected \`${name}\` to be a string, got ${describe(value)}.`,
  );
}

/** Returns `value` if it is one of `choices`, else throws `invalid-option` and lists the choices. */
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

/** Throws `invalid-option` if `value` lacks one of the methods, as a promise, a name or `undefined` does. */
export function requireMethods(
  option: string,
  value: unknown,
  expected: string,
  methods: readonly string[],
): void {
  // Strings have methods, too, such as `search`.
  const found = typeof value === "string" ? {} : Object(value);
  if (methods.every((method) => typeof Reflect.get(found, method) === "function")) return;
  throw new RetrievalError(
    "invalid-option",
    `Expected \`${option}\` to be ${expected}, got ${describe(value)}.`,
  );
}

/** The kind of a value, for an error message: "a string", "an array", "a Promise", "NaN". */
export function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value === "number" && !Number.isFinite(value)) return String(value);
  if (Array.isArray(value)) return "an array";
  if (typeof value !== "object") return `a ${typeof value}`;
  const name = constructorName(value);
  if (name === "" || name === "Object") return "an object";
  return `${/^[AEIOU]/.test(name) ? "an" : "a"} ${name}`;
}

/** The name of the value's class; "" if it has no constructor, or reading it throws. */
export function constructorName(value: object): string {
  try {
    const maker: unknown = Reflect.get(value, "constructor");
    const name: unknown = typeof maker === "function" ? maker.name : "";
    return typeof name === "string" ? name : "";
  } catch {
    return "";
  }
}

/** A value as an error message shows it: strings, numbers and booleans literally, anything else by its kind. */
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

/** The message of an `Error`, or any other thrown value as a string. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
