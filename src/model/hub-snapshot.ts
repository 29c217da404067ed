import { existsSync, readdirSync } from "node:fs";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { lock, type LockOptions } from "proper-lockfile";
import { RetrievalError } from "../errors.ts";
import {
  download,
  failure,
  lookUp,
  pause,
  type DownloadProgress,
  type HubFile,
  type HubFileFacts,
} from "./hub-file.ts";
import { readHubSettings, type HubSettings } from "./hub-settings.ts";
import { inspectGraph } from "./onnx-graph.ts";

export interface SnapshotOptions {
  /** A branch, tag or commit. @defaultValue "main" */
  readonly revision?: string | undefined;
  /** Called while files are fetched; never called for files that are on the disk already. */
  readonly onProgress?: ((progress: DownloadProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * One repository of the hub at one commit, in the layout of Hugging Face's own cache. Files come from
 * the disk where they are there, and from the hub where not.
 */
export class HubSnapshot {
  readonly repository: string;
  /** Where the files of this commit lie. */
  readonly folder: string;
  readonly #commit: string;
  readonly #root: string;
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
    this.#root = rootOf(repository, settings);
    this.folder = join(this.#root, "snapshots", commit);
  }

  /** Finds the commit: the one fetched before, else the one that the hub names. */
  static async open(repository: string, options: SnapshotOptions = {}): Promise<HubSnapshot> {
    const settings = readHubSettings();
    const { revision = "main", signal } = options;
    const reference = join(rootOf(repository, settings), "refs", revision);
    // It may be empty: another process has just begun to write it.
    let commit = existsSync(reference) ? (await readFile(reference, "utf8")).trim() : "";
    if (commit === "") {
      const file = { repository, revision, path: "config.json" };
      const facts = settings.isOffline ? undefined : await reach(file, settings, signal);
      if (!facts) throw absent(file, settings);
      commit = facts.commit;
      await mkdir(dirname(reference), { recursive: true });
      await writeFile(reference, commit);
    }
    return new HubSnapshot(repository, commit, settings, options);
  }

  /** Whether a graph of this repository was fetched before, at whatever commit. */
  static hasGraph(repository: string): boolean {
    const folder = join(rootOf(repository, readHubSettings()), "snapshots");
    if (!existsSync(folder)) return false;
    const files = readdirSync(folder, { recursive: true, encoding: "utf8" });
    return files.some((path) => path.endsWith(".onnx"));
  }

  /** The first of `paths` that the repository holds, on the disk when the promise resolves. */
  async fetchFirst(paths: readonly string[]): Promise<string | undefined> {
    for (const path of paths) {
      if (existsSync(join(this.folder, path))) return path;
    }
    for (const path of paths) {
      const facts = await this.lookUp(path);
      if (!facts) continue;
      await this.#fetch(path, facts);
      return path;
    }
    return undefined;
  }

  /** What the hub says of a file that is not on the disk; absence is remembered, so it is asked once. */
  async lookUp(path: string): Promise<HubFileFacts | undefined> {
    const marker = join(this.#root, ".no_exist", this.#commit, path);
    if (this.#settings.isOffline || existsSync(marker)) return undefined;
    const facts = await reach(this.#file(path), this.#settings, this.#options.signal);
    if (!facts) {
      await mkdir(dirname(marker), { recursive: true });
      await writeFile(marker, "");
    }
    return facts;
  }

  async #fetch(path: string, facts: HubFileFacts): Promise<void> {
    const { onProgress, signal } = this.#options;
    const target = join(this.folder, path);
    await mkdir(dirname(target), { recursive: true });
    const release = await untilLocked(target, signal);
    try {
      // Another process may have fetched it while this one waited.
      if (existsSync(target)) return;
      const partial = `${target}.incomplete`;
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
      await rename(partial, target);
    } finally {
      await release().catch(() => undefined); // A lock that was lost needs no release.
    }
  }

  async #refuseDamaged(path: string, partial: string): Promise<void> {
    try {
      if (path.endsWith(".onnx")) await inspectGraph(partial);
      if (path.endsWith(".json")) JSON.parse(await readFile(partial, "utf8"));
    } catch (cause) {
      await rm(partial, { force: true });
      throw failure(this.#file(path), this.#settings, "what came is damaged", cause);
    }
  }

  #file(path: string): HubFile {
    return { repository: this.repository, revision: this.#commit, path };
  }
}

/** Waits until no other call and no other process is fetching the same file. */
async function untilLocked(
  target: string,
  signal: AbortSignal | undefined,
): Promise<() => Promise<void>> {
  // A process that was suspended loses its lock to another: the hash tells what came of it.
  const options: LockOptions = { realpath: false, onCompromised: () => undefined };
  for (;;) {
    try {
      return await lock(target, options);
    } catch (cause) {
      if (!(cause instanceof Error && "code" in cause && cause.code === "ELOCKED")) throw cause;
    }
    await pause(100, signal);
  }
}

function rootOf(repository: string, { cacheFolder }: HubSettings): string {
  return join(cacheFolder, `models--${repository.replaceAll("/", "--")}`);
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
      ? `${path} of ${repository} is not in ${settings.cacheFolder} and HF_HUB_OFFLINE forbids fetching it: run \`langchain-rerank models pull ${repository}\` where there is a network, or pass a local folder.`
      : `${settings.endpoint} has no ${path} in ${repository} at revision ${revision}: check the name, or pass a local folder as \`model\`.`,
  );
}
