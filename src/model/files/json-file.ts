import { readFile } from "node:fs/promises";
import { messageOf, RetrievalError } from "../../errors.ts";
import { isLfsPointer, lfsRemedy } from "./lfs-pointer.ts";

/** Reads a JSON file that must hold an object; the elements of an array become its values. */
export async function readJson(path: string): Promise<Record<string, unknown>> {
  const text = await readFile(path, "utf8").catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === "ENOENT") throw cause;
    throw new RetrievalError(
      "model-damaged",
      `Expected a file with JSON at ${path}, which cannot be read (${messageOf(cause)}): delete it and fetch the model again.`,
      { cause },
    );
  });
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed === "object" && parsed !== null) return { ...parsed };
    throw new TypeError("The JSON value is not an object.");
  } catch (cause) {
    const came = isLfsPointer(text)
      ? lfsRemedy
      : "something else: delete the file and fetch it again";
    throw new RetrievalError("model-damaged", `Expected JSON in ${path}, got ${came}.`, { cause });
  }
}

/** As `readJson`; an empty object if there is no such file. */
export async function readJsonIfPresent(path: string): Promise<Record<string, unknown>> {
  return readJson(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return {};
    throw error;
  });
}
