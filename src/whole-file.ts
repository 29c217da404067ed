import { randomUUID } from "node:crypto";
import { open, readdir, rename, rm, stat, type FileHandle } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { requireText, RetrievalError } from "./errors.ts";
import { writeFailure } from "./write-failure.ts";

export interface WholeFileOptions {
  /** Permissions of a new file; an existing file keeps its own. @defaultValue 0o666, less the umask */
  readonly mode?: number | undefined;
}

/**
 * Lets `write` fill a temporary file beside `path`, and renames it to `path` once it is on the disk: a reader
 * sees the old file or the new one, never a part of it. If anything fails, the temporary file is removed. One
 * that a killed process left behind is removed by a later write of the same file.
 *
 * @throws RetrievalError `invalid-input` if the path is not a string or cannot be written to; `disk-full`; whatever
 * `write` throws.
 */
export async function writeWhole(
  path: string,
  write: (draft: FileHandle) => Promise<void>,
  { mode }: WholeFileOptions = {},
): Promise<void> {
  requireText("path", path);
  const replaced = await stat(path).catch(() => undefined);
  if (replaced?.isDirectory()) {
    throw new RetrievalError(
      "invalid-input",
      `Expected ${path} to be a file, got a folder: pass the path of a file in it.`,
    );
  }
  const draftPath = `${path}.${randomUUID()}.tmp`;
  const draft = await open(draftPath, "wx", mode).catch((cause: unknown) => {
    throw openFailure(cause, path);
  });
  try {
    // Not every file system supports permissions.
    if (replaced) await draft.chmod(replaced.mode & 0o777).catch(() => undefined);
    await write(draft);
    await draft.sync();
    await draft.close();
    await rename(draftPath, path);
  } catch (error) {
    await draft.close().catch(() => undefined);
    await rm(draftPath, { force: true });
    throw writeFailure(error, path);
  }
  await syncFolder(dirname(path));
  await removeAbandonedDrafts(path);
}

/** A temporary file that has not changed for so long is abandoned. */
const abandonedMs = 3_600_000;

async function removeAbandonedDrafts(path: string): Promise<void> {
  const [folder, name] = [dirname(path), basename(path)];
  for (const entry of await readdir(folder).catch(() => [])) {
    if (!entry.startsWith(`${name}.`) || !draftEnding.test(entry.slice(name.length))) continue;
    const draftPath = join(folder, entry);
    const facts = await stat(draftPath).catch(() => undefined);
    if (facts && Date.now() - facts.mtimeMs > abandonedMs) await rm(draftPath, { force: true });
  }
}

/** A dot, a random UUID and `.tmp`. */
const draftEnding = /^\.[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\.tmp$/;

function openFailure(cause: unknown, path: string): unknown {
  const explained = writeFailure(cause, path);
  if (explained instanceof RetrievalError) return explained;
  return new RetrievalError(
    "invalid-input",
    `Cannot write into ${dirname(path)}: create the folder first, or pass another path.`,
    { cause },
  );
}

/** Makes the rename survive a power cut, on systems that can sync a folder. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder).catch(() => undefined);
  await handle?.sync().catch(() => undefined);
  await handle?.close();
}
