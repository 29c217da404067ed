import { readFile } from "node:fs/promises";
import { RetrievalError } from "../errors.ts";

const variable = "LANGCHAIN_RERANK_API_KEYS";

/**
 * The keys of the environment, separated by commas, and of a file with one key in each line. Empty lines and those
 * that begin with `#` are left out.
 *
 * @throws `invalid-input` if the file cannot be read or has no key: a server would be open to everybody
 */
export async function readApiKeys(file: string | undefined): Promise<string[]> {
  const keys = partsOf(process.env[variable] ?? "", ",");
  if (file === undefined) return keys;
  const text = await readFile(file, "utf8").catch((cause: unknown) => {
    throw new RetrievalError(
      "invalid-input",
      `Expected a readable file for --api-keys-file, got ${String(Reflect.get(Object(cause), "code"))}: check its path and its permissions.`,
      { cause },
    );
  });
  const inFile = partsOf(text, "\n").filter((line) => !line.startsWith("#"));
  if (inFile.length > 0) return [...keys, ...inFile];
  throw new RetrievalError(
    "invalid-input",
    "Expected one key in each line of --api-keys-file, got none: write a key, or leave the option out.",
  );
}

function partsOf(text: string, separator: string): string[] {
  return text
    .split(separator)
    .map((part) => part.trim())
    .filter((part) => part !== "");
}
