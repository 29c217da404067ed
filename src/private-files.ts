import { makeFolder } from "./make-folder.ts";

/** Files that only their owner may read and write. */
export const privateFileMode = 0o600;
/** Folders that only their owner may enter. */
const privateFolderMode = 0o700;

/** Makes a folder, and those above it that are missing, for their owner alone; those that are there keep their mode. */
export async function makePrivateFolder(folder: string): Promise<void> {
  await makeFolder(folder, { mode: privateFolderMode });
}
