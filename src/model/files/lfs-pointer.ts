import { open } from "node:fs/promises";
import { RetrievalError } from "../../errors.ts";

/** What every file begins with that Git leaves where LFS did not fetch the content. */
const beginning = "version https://git-lfs.github.com/spec/";

/** How a file of such a text is completed, as the end of an error. */
export const lfsRemedy = "a pointer of Git LFS: run `git lfs pull` where it was cloned";

export function isLfsPointer(text: string): boolean {
  return text.startsWith(beginning);
}

/**
 * Refuses a file that stands for its content in a clone.
 *
 * @throws `model-damaged`
 */
export async function refuseLfsPointer(path: string): Promise<void> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(beginning.length), 0);
    if (!isLfsPointer(buffer.toString("latin1", 0, bytesRead))) return;
  } finally {
    await file.close();
  }
  throw new RetrievalError("model-damaged", `Expected weights in ${path}, got ${lfsRemedy}.`);
}
