import { RetrievalError } from "../../errors.ts";

/** What some reader takes for the end of a field (C's, Python's or ours), and what UTF-8 cannot hold. */
const unfit = /[\s\p{Cc}\p{Surrogate}]/u;

/** Returns an id or tag that can be a field of a TREC file; otherwise says what cannot, and the way out. */
export function requireTrecField(name: "query" | "document" | "tag", field: string): string {
  if (field === "" || unfit.test(field)) {
    throw refusal(name, field, "to be a word: white space separates the fields of a line");
  }
  if (name === "query" && field.startsWith("#")) {
    throw refusal(name, field, "not to begin with #: newer versions of trec_eval skip such lines");
  }
  return field;
}

function refusal(name: string, field: string, expected: string): RetrievalError {
  const wayOut = name === "tag" ? "pass another" : "rename it, or write JSON Lines (.jsonl)";
  return new RetrievalError(
    "invalid-input",
    `Expected the ${name} ${JSON.stringify(field)} ${expected}; ${wayOut}.`,
  );
}
