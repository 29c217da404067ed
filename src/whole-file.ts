import { randomUUID } from "node:crypto";
import { open, rename, rm, type FileHandle } from "node:fs/promises";
import { dirname } from "node:path";
import { RetrievalError } from "./errors.ts";

/**
 * Has `write` fill a file beside `path`, and puts it in its place when all is on the disk: a reader finds
 * the old file or the new one, never a part of it. Where anything fails no trace is left.
 *
 * @throws RetrievalError `invalid-input` where the folder cannot be written to; what `write` throws.
 */
export async function writeWhole(
  path: string,
  write: (draft: FileHandle) => Promise<void>,
): Promise<void> {
  const draftPath = `${path}.${randomUUID()}.tmp`;
  const draft = await open(draftPath, "wx").catch((cause: unknown) => {
    throw new RetrievalError(
      "invalid-input",
      `Cannot write into ${dirname(path)}: make the folder first, or pass another path.`,
      { cause },
    );
  });
  try {
    await write(draft);
    await draft.sync();
    await draft.close();
    await rename(draftPath, path);
  } catch (error) {
    await draft.close().catch(() => undefined);
    await rm(draftPath, { force: true });
    throw error;
  }
  await syncFolder(dirname(path));
}

/** Makes the new name outlast a power cut, where the system lets a folder be synced. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder).catch(() => undefined);
  await handle?.sync().catch(() => undefined);
  await handle?.close();
}
