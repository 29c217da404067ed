import { lstat, rm } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { RetrievalError } from "../../errors.ts";

/** Whether a string is a commit id, 40 hex digits, and thus a valid folder name in the cache. */
export function isCommit(text: string): boolean {
  return /^[0-9a-f]{40}$/.test(text);
}

/**
 * Whether a string is `owner/name` as the hub allows it. Neither part may contain `--`, so no two repositories
 * share a folder of the cache.
 */
export function isRepository(text: string): boolean {
  return /^\w[\w.-]*\/\w[\w.-]*$/.test(text) && !/\.\.|--|[.-](?:\/|$)/.test(text);
}

/** The folder of a repository in the cache. */
export function cacheNameOf(repository: string): string {
  return `models--${repository.replaceAll("/", "--")}`;
}

/** The repository whose folder this is, as given by `cacheNameOf`; `undefined` for any other folder. */
export function repositoryAt(cacheName: string): string | undefined {
  const repository = cacheName.replace(/^models--/, "").replace("--", "/");
  return isRepository(repository) && cacheNameOf(repository) === cacheName ? repository : undefined;
}

/** The folder beside `snapshots` with the SHA-256 of each fetched file, by commit and path. */
export const hashFolder = ".sha256";

/** Whether a relative path, with `/` as separator, stays below the folder it is joined to. */
export function isInnerPath(path: string): boolean {
  return path
    .split("/")
    .every((name) => name !== "" && name !== "." && name !== ".." && !/[\\:\p{Cc}]/u.test(name));
}

/**
 * Resolves a path in the cache. Every path that is read or written there goes through this function, wherever
 * its parts came from.
 *
 * @throws `download-failed` if the path would be outside the cache
 */
export function pathInCache(cacheFolder: string, ...parts: readonly string[]): string {
  if (parts.every(isInnerPath)) return join(cacheFolder, ...parts);
  throw new RetrievalError(
    "download-failed",
    `Expected a path inside the model cache ${cacheFolder}, got ${JSON.stringify(parts.join("/"))}: nothing was written. Check HF_ENDPOINT, or pass a local folder as \`model\`.`,
  );
}

/**
 * As `pathInCache`, for a file about to be written: the path must not go through a link, which may lead
 * anywhere, and a file with a second hard link is replaced by a new one. The cache folder itself may be a link.
 *
 * @throws `download-failed` if a link or a file is on the way, or something other than a file is at the end
 */
export async function writablePathInCache(
  cacheFolder: string,
  ...parts: readonly string[]
): Promise<string> {
  const path = pathInCache(cacheFolder, ...parts);
  let current = cacheFolder;
  for (const name of relative(cacheFolder, path).split(sep)) {
    current = join(current, name);
    const facts = await lstat(current).catch(() => undefined);
    if (!facts) continue;
    const isEnd = current === path;
    if (isEnd && facts.isFile()) {
      if (facts.nlink > 1) await rm(current);
      continue;
    }
    if (!isEnd && facts.isDirectory()) continue;
    if (!facts.isSymbolicLink()) {
      throw new RetrievalError(
        "download-failed",
        `Expected ${isEnd ? "a file" : "a folder"} of the model cache at ${current}, got something else: nothing was written. Remove it, or set HF_HUB_CACHE to another folder.`,
      );
    }
    throw new RetrievalError(
      "download-failed",
      `Expected no symbolic link in the model cache on the path to ${path}, got one at ${current}: nothing was written. Remove the link, or set HF_HUB_CACHE to the folder that it points to.`,
    );
  }
  return path;
}
