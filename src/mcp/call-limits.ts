import { RetrievalError } from "../errors.ts";
import type { McpLimits } from "./mcp-options.ts";

/** How many texts a call may have, unless `limits` says otherwise. */
const usualDocuments = 1000;

/** How many candidates a search may have. */
export function mostDocuments({ documents = usualDocuments }: McpLimits): number {
  return documents;
}

/** @throws `invalid-input` if a call has too many texts, or one that is too long */
export function requireWithinLimits(
  limits: McpLimits,
  { count, texts }: { readonly count: number; readonly texts: readonly string[] },
): void {
  const most = mostDocuments(limits);
  if (count > most) {
    throw new RetrievalError(
      "invalid-input",
      `Expected at most ${most} texts in a call of this server, got ${count}: pass fewer.`,
    );
  }
  const { characters = Infinity } = limits;
  const longest = texts.reduce((length, text) => Math.max(length, text.length), 0);
  if (longest <= characters) return;
  throw new RetrievalError(
    "invalid-input",
    `Expected texts of at most ${characters} characters, got one of ${longest}: shorten it.`,
  );
}
