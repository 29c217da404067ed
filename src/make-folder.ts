import { mkdir, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { systemCode, writeFailure } from "./write-failure.ts";

/**
 * Makes a folder, and those above it that are missing; those that are there keep their mode. Node's own recursive
 * `mkdir` never ends where the system says of a folder that is there that it is not, as `/proc` does.
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

/** Whether the folder is there now; `false` where one above it is missing, which is an error at the last attempt. */
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
    // What the system says of a folder that is there differs: EEXIST, or that nothing may be written.
    const isFolder = await stat(folder).then(
      (facts) => facts.isDirectory(),
      () => false,
    );
    if (isFolder) return true;
    throw cause;
  }
}
