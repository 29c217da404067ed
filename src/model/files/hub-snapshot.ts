import { existsSync, readdirSync } from "node:fs";
import { readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { RetrievalError } from "../../errors.ts";
import { withFileLock } from "../../file-lock.ts";
import { makeFolder } from "../../make-folder.ts";
import { fileFailure } from "../../write-failure.ts";
import { isSha256, sha256Of } from "./file-hash.ts";
import {
  hashFolder,
  isCommit,
  isInnerPath,
  isRepository,
  pathInCache,
  cacheNameOf,
  writablePathInCache,
} from "./hub-cache.ts";
import {
  download,
  failure,
  lookUp,
  type DownloadProgress,
  type HubFile,
  type HubFileFacts,
} from "./hub-file.ts";
import { readHubSettings, type HubSettings } from "./hub-settings.ts";
import { inspectGraph } from "./onnx-graph.ts";
import { inspectSafetensors } from "./safetensors.ts";

export interface SnapshotOptions {
  /** A branch, tag or commit. @defaultValue "main" */
  readonly revision?: string | undefined;
  /** Called during downloads; not called for files that are on the disk already. */
  readonly onProgress?: ((progress: DownloadProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * One commit of a repository on the hub, in the layout of Hugging Face's own cache. Reads files from the disk
 * if they are there, and downloads them if not.
 */
export class HubSnapshot {
  readonly repository: string;
  /** The folder with the files of this commit. */
  readonly folder: string;
  readonly #commit: string;
  readonly #cacheName: string;
  readonly #settings: HubSettings;
  readonly #options: SnapshotOptions;

  private constructor(
    repository: string,
    commit: string,
    settings: HubSettings,
    options: SnapshotOptions,
  ) {
    this.repository = repository;
    this.#commit = commit;
    this.#settings = settings;
    this.#options = options;
    this.#cacheName = cacheNameOf(repository);
    this.folder = pathInCache(settings.cacheFolder, this.#cacheName, "snapshots", commit);
  }

  /** Finds the commit: the one fetched before, or else the one that the hub names. */
  static async open(repository: string, options: SnapshotOptions = {}): Promise<HubSnapshot> {
    const settings = readHubSettings();
    const { revision = "main", signal } = options;
    requireNames(repository, revision);
    let commit = isCommit(revision) ? revision : await commitOnDisk(repository, revision, settings);
    if (commit === undefined) {
      const file = { repository, revision, path: "config.json" };
      const facts = settings.isOffline ? undefined : await reach(file, settings, signal);
      if (!facts) throw absent(file, settings);
      commit = facts.commit;
      await writeInCache(settings, [cacheNameOf(repository), "refs", revision], commit);
    }
    return new HubSnapshot(repository, commit, settings, options);
  }

  /** Whether a graph of this repository was fetched before, at any commit. */
  static hasGraph(repository: string): boolean {
    const folder = pathInCache(readHubSettings().cacheFolder, cacheNameOf(repository), "snapshots");
    if (!existsSync(folder)) return false;
    const files = readdirSync(folder, { recursive: true, encoding: "utf8" });
    return files.some((path) => path.endsWith(".onnx"));
  }

  /** The folder of the commit fetched before for a branch or tag; `undefined` if there is none. */
  static async folderOnDisk(repository: string, revision = "main"): Promise<string | undefined> {
    const settings = readHubSettings();
    const commit = await commitOnDisk(repository, revision, settings);
    if (commit === undefined) return undefined;
    return pathInCache(settings.cacheFolder, cacheNameOf(repository), "snapshots", commit);
  }

  /** The first of `paths` that the repository has; the file is on the disk when the promise resolves. */
  async fetchFirst(paths: readonly string[]): Promise<string | undefined> {
    for (const path of paths) {
      if (existsSync(pathInCache(this.folder, path))) return path;
    }
    for (const path of paths) {
      const facts = await this.lookUp(path);
      if (!facts) continue;
      await this.#fetch(path, facts);
      return path;
    }
    return undefined;
  }

  /**
   * What the hub says about a file that is not on the disk. Remembers an absent file, so that the hub is asked
   * once.
   */
  async lookUp(path: string): Promise<HubFileFacts | undefined> {
    const { cacheFolder, isOffline } = this.#settings;
    const marker = [this.#cacheName, ".no_exist", this.#commit, path];
    if (isOffline || existsSync(pathInCache(cacheFolder, ...marker))) return undefined;
    const facts = await reach(this.#file(path), this.#settings, this.#options.signal);
    if (!facts) {
      // A read-only cache only costs the same request again.
      await writeInCache(this.#settings, marker, "").catch(() => undefined);
    }
    return facts;
  }

  async #fetch(path: string, facts: HubFileFacts): Promise<void> {
    const { onProgress, signal } = this.#options;
    const parts = [this.#cacheName, "snapshots", this.#commit, path];
    const target = pathInCache(this.#settings.cacheFolder, ...parts);
    const partial = await writableFile(this.#settings, [
      ...parts.slice(0, -1),
      `${path}.incomplete`,
    ]);
    // A suspended process can lose its lock to another one; the hash check then detects a damaged file.
    const fetchOnce = async (): Promise<void> => {
      // Another process may have fetched the file during the wait.
      if (existsSync(target)) return;
      await download(this.#file(path), partial, this.#settings, facts, {
        signal,
        onProgress: (loadedBytes) =>
          onProgress?.({
            model: this.repository,
            file: path,
            loadedBytes,
            totalBytes: facts.bytes,
          }),
      });
      await this.#refuseDamaged(path, partial);
      await this.#recordHash(path, partial, facts);
      await rename(partial, target);
    };
    await withFileLock(target, fetchOnce, { signal });
  }

  /** Records the hash beside the snapshot, so that later changes to the file can be detected. */
  async #recordHash(path: string, partial: string, { etag }: HubFileFacts): Promise<void> {
    const hash = isSha256(etag) ? etag : await sha256Of(partial); // An announced SHA-256 was checked already.
    await writeInCache(this.#settings, [this.#cacheName, hashFolder, this.#commit, path], hash);
  }

  async #refuseDamaged(path: string, partial: string): Promise<void> {
    try {
      if (path.endsWith(".onnx")) await inspectGraph(partial);
      if (path.endsWith(".safetensors")) await inspectSafetensors(partial);
      if (path.endsWith(".json")) JSON.parse(await readFile(partial, "utf8"));
    } catch (cause) {
      await rm(partial, { force: true });
      throw failure(this.#file(path), this.#settings, "the downloaded file is damaged", cause);
    }
  }

  #file(path: string): HubFile {
    return { repository: this.repository, revision: this.#commit, path };
  }
}

function requireNames(repository: string, revision: string): void {
  if (isRepository(repository) && isInnerPath(revision)) return;
  throw new RetrievalError(
    "invalid-option",
    `Expected a repository (owner/name) and a branch, tag or commit of the hub, got ${JSON.stringify(repository)} at ${JSON.stringify(revision)}.`,
  );
}

/**
 * The commit that a reference in the cache names; `undefined` if the reference holds anything else, as while it
 * is being written, or names a commit that is not in the cache.
 */
async function commitOnDisk(
  repository: string,
  revision: string,
  { cacheFolder }: HubSettings,
): Promise<string | undefined> {
  const cacheName = cacheNameOf(repository);
  const path = pathInCache(cacheFolder, cacheName, "refs", revision);
  // Reading a special file, such as a named pipe, could block forever.
  const isFile = await stat(path).then(
    (facts) => facts.isFile(),
    () => false,
  );
  const found = isFile ? (await readFile(path, "utf8")).trim() : "";
  const isThere =
    isCommit(found) && existsSync(pathInCache(cacheFolder, cacheName, "snapshots", found));
  return isThere ? found : undefined;
}

/** The path of a file to write; creates its folder. */
async function writableFile(
  { cacheFolder }: HubSettings,
  parts: readonly string[],
): Promise<string> {
  const path = await writablePathInCache(cacheFolder, ...parts);
  try {
    await makeFolder(dirname(path));
    return path;
  } catch (cause) {
    throw fileFailure(cause, path);
  }
}

async function writeInCache(
  settings: HubSettings,
  parts: readonly string[],
  text: string,
): Promise<void> {
  const path = await writableFile(settings, parts);
  try {
    await writeFile(path, text);
  } catch (cause) {
    throw fileFailure(cause, path);
  }
}

async function reach(
  file: HubFile,
  settings: HubSettings,
  signal: AbortSignal | undefined,
): Promise<HubFileFacts | undefined> {
  try {
    return await lookUp(file, settings, signal);
  } catch (cause) {
    signal?.throwIfAborted();
    if (cause instanceof RetrievalError) throw cause;
    throw failure(file, settings, "the host could not be reached", cause);
  }
}

function absent({ repository, revision, path }: HubFile, settings: HubSettings): RetrievalError {
  return new RetrievalError(
    "model-not-found",
    settings.isOffline
      ? `${path} of ${repository} is not in ${settings.cacheFolder} and HF_HUB_OFFLINE forbids fetching it: run \`npx langchain-rerank models pull ${repository}\` on a machine with network access, or pass a local folder.`
      : `${settings.endpoint} has no ${path} in ${repository} at revision ${revision}: check the name, or pass a local folder as \`model\`.`,
  );
}
