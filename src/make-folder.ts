import { mkdir, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { systemCode, writeFailure } from "./write-failure.ts";

/**
 * Creates a folder and its missing parents; existing folders keep their mode. Node's own recursive `mkdir`
 * loops forever if the system denies that an existing folder exists, as `/proc` does.
 *
 * @throws as `writeFailure`
 */
export async function makeFolder(
  folder: string,
  { mode }: { readonly mode?: number | undefined } = {},
): Promise<void> {
  try {
    await makeWithParents(folder, mode);
  } catch (cause) {
    throw writeFailure(cause, folder);
  }
}

async function makeWithParents(folder: string, mode: number | undefined): Promise<void> {
  if (await isMade(folder, mode)) return;
  await makeWithParents(dirname(folder), mode);
  await isMade(folder, mode, { isLast: true });
}

/**
 * Tries to create the folder; returns `false` if a parent is missing, which is an error at the last attempt.
 */
async function isMade(
  folder: string,
  mode: number | undefined,
  { isLast = false }: { readonly isLast?: boolean } = {},
): Promise<boolean> {
  try {
    await mkdir(folder, { mode });
    return true;
  } catch (cause) {
    const isMissing = systemCode(cause) === "ENOENT" && dirname(folder) !== folder;
    if (isMissing && !isLast) return false;
    // Systems report an existing folder differently: as EEXIST, or as not writable.
    const isFolder = await stat(folder).then(
      (facts) => facts.isDirectory(),
      () => false,
    );
    if (isFolder) return true;
    throw cause;
  }
}
