import { mkdir } from "node:fs/promises";
import { writeFailure } from "./write-failure.ts";

/** Files that only their owner may read and write. */
export const privateFileMode = 0o600;
/** Folders that only their owner may enter. */
const privateFolderMode = 0o700;

/** Makes a folder, and those above it that are missing, for their owner alone; those that are there keep their mode. */
export async function makePrivateFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode: privateFolderMode });
  } catch (cause) {
    throw writeFailure(cause, folder);
  }
}
