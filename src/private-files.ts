import { mkdir } from "node:fs/promises";
import { writeFailure } from "./write-failure.ts";

/** Files that only their owner may read and write. */
export const privateFileMode = 0o600;
/** Folders that only their owner may enter. */
const privateFolderMode = 0o700;

/** Creates a folder and its missing parents, for their owner alone; existing folders keep their mode. */
export async function makePrivateFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode: privateFolderMode });
  } catch (cause) {
    throw writeFailure(cause, folder);
  }
}
