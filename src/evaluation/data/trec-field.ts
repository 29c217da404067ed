import { RetrievalError } from "../../errors.ts";

/** Characters that end a field for some reader (in C, Python or this package), or that UTF-8 cannot encode. */
const unfit = /[\s\p{Cc}\p{Surrogate}]/u;

/** Returns an id or tag that can be a field of a TREC file, else throws `invalid-input` with the solution. */
export function requireTrecField(name: "query" | "document" | "tag", field: string): string {
  if (field === "" || unfit.test(field)) {
    throw refusal(
      name,
      field,
      "to be non-empty and without white space, which separates the fields of a line",
    );
  }
  if (name === "query" && field.startsWith("#")) {
    throw refusal(
      name,
      field,
      "not to start with #, because newer versions of trec_eval skip such lines",
    );
  }
  return field;
}

function refusal(name: string, field: string, expected: string): RetrievalError {
  const wayOut = name === "tag" ? "pass another tag" : "rename it, or write JSON Lines (.jsonl)";
  return new RetrievalError(
    "invalid-input",
    `Expected the ${name} ${JSON.stringify(field)} ${expected}: ${wayOut}.`,
  );
}
