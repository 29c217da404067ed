import { makeFolder } from "../make-folder.ts";
import { fileFailure } from "../write-failure.ts";

/** Makes the folder of a file that a command writes, where it is missing. */
export async function makeOutputFolder(folder: string): Promise<void> {
  try {
    await makeFolder(folder);
  } catch (cause) {
    throw fileFailure(cause, folder);
  }
}
