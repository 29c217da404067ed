import { RetrievalError } from "../../errors.ts";

/** Returns a score or grade that is a finite number; otherwise says whose it is. */
export function requireFinite(
  name: "score" | "grade",
  value: unknown,
  { query, id }: { readonly query: string; readonly id: string },
): number {
  if (typeof value === "number" && Number.isFinite(value)) return value;
  const got = typeof value === "string" ? JSON.stringify(value) : String(value);
  throw new RetrievalError(
    "invalid-input",
    `Expected the ${name} of ${JSON.stringify(id)} for query ${JSON.stringify(query)} to be a finite number, got ${got}.`,
  );
}
