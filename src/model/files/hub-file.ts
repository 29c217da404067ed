import { open, rm, stat } from "node:fs/promises";
import { pause } from "../../abort.ts";
import { RetrievalError } from "../../errors.ts";
import { writeFailure } from "../../write-failure.ts";
import { hasHash } from "./file-hash.ts";
import { isCommit } from "./hub-cache.ts";
import type { HubSettings } from "./hub-settings.ts";

/** Progress of the download of one file. */
export interface DownloadProgress {
  readonly model: string;
  readonly file: string;
  readonly loadedBytes: number;
  /** NaN if the host does not say. */
  readonly totalBytes: number;
}

export interface HubFile {
  readonly repository: string;
  /** A commit hash, branch or tag. */
  readonly revision: string;
  /** Path inside the repository. */
  readonly path: string;
}

/** What the hub says about a file before the download. */
export interface HubFileFacts {
  readonly commit: string;
  /** NaN if the host does not say. */
  readonly bytes: number;
  /** SHA-256 of a large file, git blob SHA-1 of a small one; without quotes. */
  readonly etag: string;
}

const attempts = 5;

/** Asks the hub for a file's size, hash and commit; `undefined` if the repository has no such file. */
export async function lookUp(
  file: HubFile,
  settings: HubSettings,
  signal?: AbortSignal,
): Promise<HubFileFacts | undefined> {
  let url = urlOf(file, settings);
  let commit: string | null = null;
  for (let hops = 0; hops < 5; hops++) {
    const init: RequestInit = { method: "HEAD", redirect: "manual" };
    const { headers, status } = await request(url, init, settings, signal);
    const location = headers.get("location");
    commit ??= headers.get("x-repo-commit");
    // The redirect to the storage host has the facts of a large file; other redirects have none.
    if (location !== null && !headers.has("x-linked-size")) {
      url = redirectTarget(location, url, { file, settings });
      continue;
    }
    if (status === 404) return undefined;
    if (status >= 400) throw refusal(file, settings, status);
    return {
      commit: requireCommit(commit, { file, settings }),
      bytes: Number(headers.get("x-linked-size") ?? headers.get("content-length")) || Number.NaN,
      etag: (headers.get("x-linked-etag") ?? headers.get("etag") ?? "").replace(/^W\/|"/g, ""),
    };
  }
  throw failure(file, settings, "it redirects too many times");
}

interface HubRequest {
  readonly file: HubFile;
  readonly settings: HubSettings;
}

/** The commit becomes a folder name in the cache, so anything but a commit id is refused. */
function requireCommit(said: string | null, { file, settings }: HubRequest): string {
  const commit = said ?? file.revision;
  if (isCommit(commit)) return commit;
  const got = said === null ? "no header" : JSON.stringify(said.slice(0, 100));
  throw failure(
    file,
    settings,
    `expected a commit id of 40 hex digits in the header x-repo-commit, got ${got}`,
  );
}

function redirectTarget(location: string, from: string, { file, settings }: HubRequest): string {
  const target = URL.canParse(location, from) ? new URL(location, from) : undefined;
  if (target && /^https?:$/.test(target.protocol)) return target.href;
  const said = JSON.stringify(location.slice(0, 100));
  throw failure(file, settings, `it redirects to ${said}, which is not an HTTP address`);
}

interface DownloadOptions {
  /** Called with more bytes each time, even if a broken connection loses some. */
  readonly onProgress?: ((loadedBytes: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Downloads a file to the temporary path `partial`. Continues after what an interrupted download left there,
 * and checks size and hash at the end.
 */
export async function download(
  file: HubFile,
  partial: string,
  settings: HubSettings,
  facts: HubFileFacts,
  { onProgress, signal }: DownloadOptions = {},
): Promise<void> {
  let reported = 0;
  const report = (loadedBytes: number): void => {
    if (loadedBytes > reported) onProgress?.((reported = loadedBytes));
  };
  for (let attempt = 1; ; attempt++) {
    try {
      await fetchRest(file, partial, settings, facts, { onProgress: report, signal });
      break;
    } catch (cause) {
      signal?.throwIfAborted();
      if (cause instanceof RetrievalError) throw cause;
      // Only a file system error has a `syscall`; a retry does not help against a full disk.
      if (cause instanceof Error && "syscall" in cause) {
        const explained = writeFailure(cause, partial);
        if (explained instanceof RetrievalError) throw explained;
        throw failure(file, settings, cause.message, cause);
      }
      if (attempt === attempts) {
        throw failure(file, settings, `the connection broke ${attempts} times`, cause);
      }
      await pause(2 ** attempt * 50, signal);
    }
  }
  await verify(file, partial, settings, facts);
}

async function fetchRest(
  file: HubFile,
  partial: string,
  settings: HubSettings,
  facts: HubFileFacts,
  { onProgress, signal }: DownloadOptions,
): Promise<void> {
  let have = await sizeOf(partial);
  if (have > facts.bytes) {
    await rm(partial, { force: true });
    have = 0;
  }
  if (have === facts.bytes) return onProgress?.(have);
  const headers: Record<string, string> = have > 0 ? { range: `bytes=${have}-` } : {};
  const response = await request(urlOf(file, settings), { headers }, settings, signal);
  if (response.status === 416) {
    await rm(partial, { force: true });
    throw new Error(`The file has nothing after byte ${have}.`);
  }
  const { body } = response;
  if (!response.ok || !body) throw refusal(file, settings, response.status);
  const isContinued = response.status === 206;
  let loaded = isContinued ? have : 0;
  const out = await open(partial, isContinued ? "a" : "w").catch(async (error: unknown) => {
    await body.cancel(); // An unread body keeps its connection open.
    throw error;
  });
  try {
    // Writes each chunk before it reads the next, so an abort or a broken connection loses nothing.
    for await (const chunk of body) {
      if (loaded + chunk.length > facts.bytes) throw tooLong(file, settings, facts);
      await out.writeFile(chunk);
      onProgress?.((loaded += chunk.length));
    }
  } finally {
    await out.close();
  }
  // Without a content length, a broken connection looks like the end of the file.
  if (loaded < facts.bytes) throw new Error(`Got ${loaded} of ${facts.bytes} bytes.`);
}

/** A host that sends without end would fill the disk. */
function tooLong(file: HubFile, settings: HubSettings, { bytes }: HubFileFacts): RetrievalError {
  return failure(file, settings, `it announced ${bytes} bytes and sent more`);
}

async function verify(
  file: HubFile,
  path: string,
  settings: HubSettings,
  { bytes, etag }: HubFileFacts,
): Promise<void> {
  const size = await sizeOf(path);
  const isWhole = Number.isNaN(bytes) || size === bytes;
  if (isWhole && (await hasHash(path, etag, size))) return;
  await rm(path, { force: true });
  throw failure(
    file,
    settings,
    isWhole
      ? "the hash of the file differs from the announced one"
      : `it announced ${bytes} bytes and sent ${size}`,
  );
}

/**
 * Sends one request. Retries if the hub is busy (429, 5xx), after the delay that it asks for, at most half a
 * minute.
 */
async function request(
  url: string,
  init: RequestInit,
  { endpoint, token }: HubSettings,
  signal: AbortSignal | undefined,
): Promise<Response> {
  const headers = new Headers(init.headers);
  headers.set("accept-encoding", "identity"); // The announced sizes are those of the uncompressed bytes.
  const isHub = new URL(url).origin === new URL(endpoint).origin;
  if (token !== undefined && isHub) headers.set("authorization", `Bearer ${token}`);
  for (let attempt = 1; ; attempt++) {
    const asked: RequestInit = { ...init, headers, signal: signal ?? null };
    const response = await fetch(url, asked).catch(() => {
      signal?.throwIfAborted();
      return fetch(url, asked); // A kept-alive connection may have been closed since.
    });
    const isBusy = response.status === 429 || response.status >= 500;
    if (!isBusy || attempt === attempts) return response;
    await response.body?.cancel();
    const wishedMs = Number(response.headers.get("retry-after") ?? Number.NaN) * 1000;
    const waitMs = Number.isFinite(wishedMs) ? Math.min(wishedMs, 30_000) : 2 ** attempt * 100;
    await pause(waitMs, signal);
  }
}

function urlOf({ repository, revision, path }: HubFile, { endpoint }: HubSettings): string {
  const names = path.split("/").map(encodeURIComponent).join("/");
  return `${endpoint}/${repository}/resolve/${encodeURIComponent(revision)}/${names}`;
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch {
    return 0;
  }
}

function refusal(file: HubFile, settings: HubSettings, status: number): RetrievalError {
  if (status === 401 || status === 403) {
    return new RetrievalError(
      "model-access-denied",
      `${settings.endpoint} denies access to ${file.repository} (HTTP ${status}): check the name; if the model is gated, accept its terms there and set HF_TOKEN.`,
    );
  }
  if (status === 404) {
    return new RetrievalError(
      "model-not-found",
      `${settings.endpoint} has no ${file.path} in ${file.repository} at revision ${file.revision}: check the name.`,
    );
  }
  const reason = status === 429 ? "too many requests: try again later" : "try again later";
  return failure(file, settings, `it answered HTTP ${status} (${reason})`);
}

/** The error of a failed download; says how to get the model without it. */
export function failure(
  { repository, path }: HubFile,
  { endpoint }: HubSettings,
  reason: string,
  cause?: unknown,
): RetrievalError {
  return new RetrievalError(
    "download-failed",
    `Could not fetch ${path} of ${repository} from ${endpoint}: ${reason}. Try again, set HF_ENDPOINT to a mirror, or pass a local folder as \`model\`.`,
    { cause },
  );
}
