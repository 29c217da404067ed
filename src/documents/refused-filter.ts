import { RetrievalError } from "../errors.ts";

/**
 * What a client of a server reads of a search that its store refused because of the filter: the store's words name its
 * address. `undefined` for any other error.
 */
export function refusedFilter(error: unknown): RetrievalError | undefined {
  if (!(error instanceof RetrievalError) || error.code !== "invalid-input") return undefined;
  return new RetrievalError(
    "invalid-input",
    "Expected a filter that the store of this server can handle (Chroma: about 10,000 values or 500 conditions), got a larger one.",
    { cause: error },
  );
}
