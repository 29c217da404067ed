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
export function requireWholeNumber(option: string, value: number, least: number): number {
  if (Number.isSafeInteger(value) && value >= least) return value;
  throw new RetrievalError(
    "invalid-option",
    `Expected \`${option}\` to be a whole number of at least ${least}, got ${describe(value)}.`,
  );
}

/** Returns `value` if it is a number from `least` to `most`; otherwise says what was expected. */
export function requireNumber(
  option: string,
  value: number,
  least: number,
  most: number = Infinity,
): number {
  if (Number.isFinite(value) && value >= least && value <= most) return value;
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
    `Expected \`${name}\` to be a text that is not empty, got ${describe(value)}.`,
  );
}

/** Refuses values that are no strings, and says where the first one stands; empty strings are fine. */
export function requireStrings(name: string, values: readonly string[]): void {
  const index = values.findIndex((value) => typeof value !== "string");
  if (index === -1) return;
  throw new RetrievalError(
    "invalid-input",
    `Expected \`${name}[${index}]\` to be a text, got ${describe(values[index])}.`,
  );
}

/** What kind of value it is, for an error: "a string", "an array", "a Promise", "NaN". */
export function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value === "number" && !Number.isFinite(value)) return String(value);
  if (Array.isArray(value)) return "an array";
  if (typeof value !== "object") return `a ${typeof value}`;
  const maker: unknown = Reflect.get(value, "constructor");
  const name = typeof maker === "function" ? maker.name : "";
  if (name === "" || name === "Object") return "an object";
  return `${/^[AEIOU]/.test(name) ? "an" : "a"} ${name}`;
}

function describe(value: unknown): string {
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}
