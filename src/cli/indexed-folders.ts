import { existsSync } from "node:fs";
import { readFile, realpath } from "node:fs/promises";
import { join } from "node:path";
import { loadFolder, type LoadFolderOptions } from "../documents/load-folder.ts";
import { sourceOf } from "../documents/source.ts";
import { RetrievalError } from "../errors.ts";
import { privateFileMode } from "../private-files.ts";
import type { ChromaStore } from "../vector-store/chroma-store.ts";
import { writeWhole } from "../whole-file.ts";

/** A folder and the files in it that are indexed, by their paths within it. */
export interface FolderFiles {
  readonly folder: string;
  readonly sources: readonly string[];
}

/** Which files `indexFolder` will read. */
export async function folderFiles(
  folder: string,
  { ignore, followSymlinks, encoding, signal }: LoadFolderOptions,
): Promise<FolderFiles> {
  const options = { ignore, followSymlinks, encoding, signal };
  const { documents, skipped } = await loadFolder(folder, options);
  const empty = skipped.filter(({ reason }) => reason === "empty");
  const sources = [...documents.map((each) => sourceOf(each) ?? ""), ...empty.map((e) => e.source)];
  return { folder: await realpath(folder), sources };
}

/**
 * The folders that were indexed into one collection, in a file beside it. A passage's source is a path within
 * its folder, so a file with the same path in another folder would replace its passages.
 */
export class IndexedFolders {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  /**
   * Throws `invalid-input` if a stored file of another folder has the path of a file in this one. A folder that
   * was moved or deleted has no files any more.
   */
  async requireDistinct({ folder, sources }: FolderFiles, store: ChromaStore): Promise<void> {
    const own = new Set(sources);
    const shared = (await this.#read())
      .filter((other) => other.folder !== folder)
      .flatMap((other) => other.sources.map((source) => ({ source, other: other.folder })))
      .filter(({ source, other }) => own.has(source) && existsSync(join(other, source)));
    if (shared.length === 0) return;
    const stored = await store.storedPassages();
    const known = new Set([...stored.values()].map((metadata) => sourceOf({ metadata })));
    const found = shared.find(({ source }) => known.has(source));
    if (found === undefined) return;
    throw new RetrievalError(
      "invalid-input",
      `Expected no file of ${folder} to have the path of one in ${found.other}, which is in the same collection, got ${found.source} in both: it would replace the other's passages. Pass another --collection, index a folder that contains both, or pass --prune to keep only ${folder}.`,
    );
  }

  /** Adds a folder; with `isOnly`, the collection holds no other. */
  async add(files: FolderFiles, { isOnly }: { readonly isOnly: boolean }): Promise<void> {
    const others = isOnly ? [] : await this.#read();
    const folders = [...others.filter(({ folder }) => folder !== files.folder), files];
    const text = `${JSON.stringify(folders)}\n`;
    await writeWhole(this.#path, (draft) => draft.writeFile(text), { mode: privateFileMode });
  }

  /** A missing or damaged file names no folder: the index itself does not depend on it. */
  async #read(): Promise<FolderFiles[]> {
    try {
      const saved: unknown = JSON.parse(await readFile(this.#path, "utf8"));
      return Array.isArray(saved) ? saved.flatMap(readFolder) : [];
    } catch {
      return [];
    }
  }
}

function readFolder(saved: unknown): FolderFiles[] {
  const { folder, sources }: { readonly folder?: unknown; readonly sources?: unknown } =
    Object(saved);
  if (typeof folder !== "string" || !Array.isArray(sources)) return [];
  return [{ folder, sources: sources.filter((each) => typeof each === "string") }];
}
