import { open } from "node:fs/promises";
import { RetrievalError } from "../../errors.ts";

/** The beginning of a Git LFS pointer, the placeholder of a file whose content was not fetched. */
const beginning = "version https://git-lfs.github.com/spec/";

/** The end of an error message, with the command that fetches the content. */
export const lfsRemedy = "a Git LFS pointer: run `git lfs pull` in the cloned repository";

export function isLfsPointer(text: string): boolean {
  return text.startsWith(beginning);
}

/**
 * Throws if the file of weights is a Git LFS pointer, or a folder.
 *
 * @throws `model-damaged`
 */
export async function requireContent(path: string): Promise<void> {
  const file = await open(path);
  try {
    if ((await file.stat()).isDirectory()) {
      throw new RetrievalError(
        "model-damaged",
        `Expected a file of weights at ${path}, got a folder: delete it and fetch the model again.`,
      );
    }
    const { buffer, bytesRead } = await file.read(Buffer.alloc(beginning.length), 0);
    if (!isLfsPointer(buffer.toString("latin1", 0, bytesRead))) return;
  } finally {
    await file.close();
  }
  throw new RetrievalError("model-damaged", `Expected weights in ${path}, got ${lfsRemedy}.`);
}
