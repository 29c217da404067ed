import { makeFolder } from "../make-folder.ts";
import { fileFailure } from "../write-failure.ts";

/** Creates the folder of a file that a command writes, if it is missing. */
export async function makeOutputFolder(folder: string): Promise<void> {
  try {
    await makeFolder(folder);
  } catch (cause) {
    throw fileFailure(cause, folder);
  }
}
