import { requireWholeNumber, RetrievalError } from "../errors.ts";
import { object } from "../option-rules.ts";
import { requireOptions, type OptionRule, type OptionRules } from "../options.ts";

/** How much a request may ask for, and how many may be answered at once. */
export interface ServerLimits {
  /** Bytes of a request's body, from 1024 to 1 GiB; more is status 413. @defaultValue 8 MiB */
  readonly bodyBytes?: number | undefined;
  /** Texts of a request, and candidates of a search, from 1 to 100000; more is status 413. @defaultValue 1000 */
  readonly documents?: number | undefined;
  /** UTF-16 units of a query or a text, from 1 to 100000000; more is status 413. @defaultValue 100000 */
  readonly characters?: number | undefined;
  /**
   * Requests that are answered or wait at once, from 1 to 100000; more get status 429. Requests about the server itself
   * do not count. @defaultValue 64
   */
  readonly requests?: number | undefined;
  /** Milliseconds from the request's body to its answer, from 1 to 3600000; then status 503. @defaultValue 60000 */
  readonly answerMs?: number | undefined;
  /** Milliseconds to receive a request, from 100 to 3600000; then the connection is closed. @defaultValue 30000 */
  readonly receiveMs?: number | undefined;
}

/** Every limit with its value. */
export type CompleteLimits = { readonly [Name in keyof ServerLimits]-?: number };

const defaults: CompleteLimits = {
  bodyBytes: 8 * 2 ** 20,
  documents: 1000,
  characters: 100_000,
  requests: 64,
  answerMs: 60_000,
  receiveMs: 30_000,
};

const limitRules: OptionRules<ServerLimits> = {
  bodyBytes: between(1024, 2 ** 30),
  documents: between(1, 100_000),
  characters: between(1, 100_000_000),
  requests: between(1, 100_000),
  answerMs: between(1, 3_600_000),
  receiveMs: between(100, 3_600_000),
};

/** An object of known limits. */
export const serverLimits: OptionRule = (name, value) => {
  object(name, value);
  requireOptions<ServerLimits>(name, Object(value), limitRules);
};

/** The limits with their defaults. */
export function completeLimits(limits: ServerLimits = {}): CompleteLimits {
  const given = Object.entries(limits).filter(([, value]) => value !== undefined);
  return { ...defaults, ...Object.fromEntries(given) };
}

function between(least: number, most: number): OptionRule {
  return (limit, value) => {
    const name = `limits.${limit}`;
    if (requireWholeNumber(name, value, least) <= most) return;
    throw new RetrievalError(
      "invalid-option",
      `Expected \`${name}\` to be a whole number from ${least} to ${most}, got ${String(value)}.`,
    );
  };
}
