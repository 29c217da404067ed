import { makeFolder } from "./make-folder.ts";

/** The mode of files that only their owner may read and write. */
export const privateFileMode = 0o600;
/** The mode of folders that only their owner may enter. */
const privateFolderMode = 0o700;

/** Creates a folder and its missing parents, for their owner alone; existing folders keep their mode. */
export async function makePrivateFolder(folder: string): Promise<void> {
  await makeFolder(folder, { mode: privateFolderMode });
}
