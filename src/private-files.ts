import { makeFolder } from "./make-folder.ts";

/** Files that only their owner may read and write. */
export const privateFileMode = 0o600;
/** Folders that only their owner may enter. */
const privateFolderMode = 0o700;

/** Creates a folder and its missing parents, for their owner alone; existing folders keep their mode. */
export async function makePrivateFolder(folder: string): Promise<void> {
  await makeFolder(folder, { mode: privateFolderMode });
}
