import assert, { AssertionError } from "node:assert/strict";
import { inspect, isDeepStrictEqual } from "node:util";

/** One requirement of an interface, as a test case. */
export interface ContractCase<Port> {
  readonly name: string;
  /**
   * Resolves if `subject` meets the requirement; rejects with an `AssertionError` that says which requirement is
   * not met, what was expected and what came.
   */
  readonly check: (subject: Port) => Promise<void>;
}

/** The requirements of a port; each failure names the port and the requirement. */
export function contractOf<Port>(
  port: string,
  cases: readonly ContractCase<Port>[],
): readonly ContractCase<Port>[] {
  return cases.map(({ name, check }) => ({
    name,
    async check(subject) {
      try {
        await check(subject);
      } catch (cause) {
        if (!(cause instanceof AssertionError)) throw cause;
        const { actual, expected } = cause;
        const message = `A ${port} ${name}: ${cause.message}`;
        // With an operator, Node would add a comparison to the message.
        throw new AssertionError({ message, actual, expected });
      }
    },
  }));
}

/** Fails unless both are deeply equal; `what` says what they are. */
export function requireEqual(actual: unknown, expected: unknown, what: string): void {
  if (isDeepStrictEqual(actual, expected)) return;
  const message = `expected ${what} to be ${onOneLine(expected)}, got ${onOneLine(actual)}`;
  throw new AssertionError({ message, actual, expected });
}

/** Fails unless the call rejects with this code. */
export async function requireRefusal(
  call: () => Promise<unknown>,
  code: string,
  what: string,
): Promise<void> {
  const outcome = await outcomeOf(call);
  const found = "error" in outcome ? Reflect.get(Object(outcome.error), "code") : undefined;
  const got = "error" in outcome ? `the error ${String(outcome.error)}` : "a result";
  assert.ok(
    found === code,
    `expected ${what} to be refused by an error with the code "${code}", got ${got}`,
  );
}

/** Fails unless the call rejects with the reason of its aborted signal. */
export async function requireAbort(call: (signal: AbortSignal) => Promise<unknown>): Promise<void> {
  const reason = new Error("no longer needed");
  const outcome = await outcomeOf(() => call(AbortSignal.abort(reason)));
  const got = "error" in outcome ? `another error: ${String(outcome.error)}` : "a result";
  assert.ok(
    "error" in outcome && outcome.error === reason,
    `expected the call to reject with the reason of its aborted signal, got ${got}`,
  );
}

function onOneLine(value: unknown): string {
  return inspect(value, { breakLength: Infinity });
}

async function outcomeOf(
  call: () => Promise<unknown>,
): Promise<{ readonly error: unknown } | { readonly value: unknown }> {
  try {
    return { value: await call() };
  } catch (error) {
    return { error };
  }
}
