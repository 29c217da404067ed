import { abortSignal, boolean, string, strings } from "../option-rules.ts";
import { constants, type Dirent } from "node:fs";
import { open, readdir, realpath, stat } from "node:fs/promises";
import { dirname, extname, join, resolve, sep } from "node:path";
import { Document } from "@langchain/core/documents";
import ignore from "ignore";
import { Breather } from "../breather.ts";
import { requireString, RetrievalError } from "../errors.ts";
import { requireOptions, type OptionRules } from "../options.ts";
import { decodeText, requireEncoding, type DecodeOptions } from "./decode-text.ts";

/**
 * Why a file was skipped. `not-utf-8`: the file needs the option `encoding`; `symlink`: a symbolic link that
 * was not followed.
 */
export type SkipReason =
  | "other-format"
  | "binary"
  | "not-utf-8"
  | "empty"
  | "unreadable"
  | "symlink";

/** A file or folder that `loadFolder` found but did not load. */
export interface SkippedFile {
  /** Path relative to the folder, with `/` as separator; ends in `/` for a folder that cannot be opened. */
  readonly source: string;
  readonly reason: SkipReason;
}

/** Which files `loadFolder` reads, and how it decodes them. */
export interface LoadFolderOptions {
  /** Files and folders to leave out, in the syntax of `.gitignore`. @defaultValue [] */
  readonly ignore?: readonly string[] | undefined;
  /**
   * Whether to follow symbolic links to files and folders, even out of the folder: their targets become
   * searchable. The folder itself may always be a link. @defaultValue false
   */
  readonly followSymlinks?: boolean | undefined;
  /**
   * Encoding of files that are not UTF-8, by a name that iconv-lite knows, such as "windows-1252" or
   * "shift_jis". UTF-16 and UTF-32 with a byte order mark are recognised without it. @defaultValue none: such
   * files are skipped
   */
  readonly encoding?: string | undefined;
  /** Aborts the call with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

export const loadFolderOptionRules: OptionRules<LoadFolderOptions> = {
  ignore: strings,
  followSymlinks: boolean,
  encoding: string,
  signal: abortSignal,
};

/** The documents of a folder, and the files that were skipped. */
export interface LoadedFolder {
  /** One document per file, sorted by path; `metadata.source` is the path relative to the folder. */
  readonly documents: Document[];
  /** Every file that was found but not loaded, sorted by path. */
  readonly skipped: SkippedFile[];
}

/**
 * Reads the Markdown and text files below a folder, in the same order on every machine. Ignores `node_modules`
 * and names that begin with a dot. Follows symbolic links only on request; hard links cannot be distinguished
 * from other files.
 *
 * @throws `invalid-input` if there is no such folder, `invalid-option` for an unknown encoding
 */
export async function loadFolder(
  folder: string,
  options: LoadFolderOptions = {},
): Promise<LoadedFolder> {
  const {
    ignore: patterns = [],
    followSymlinks = false,
    encoding,
    signal,
  } = requireOptions("loadFolder", options, loadFolderOptionRules);
  requireString("folder", folder);
  requireEncoding(encoding);
  const facts = await stat(folder).catch(() => undefined);
  if (!facts?.isDirectory()) {
    throw new RetrievalError(
      "invalid-input",
      `Expected \`folder\` to be a folder of Markdown or text files, got ${resolve(folder)}, which is not a folder.`,
    );
  }
  const rules = ignore().add([".*", "node_modules", ...patterns]);
  const documents: Document[] = [];
  const skipped: SkippedFile[] = [];
  const followed = followSymlinks ? new Set([await realpath(folder)]) : undefined;
  const walk: Walk = { folder, rules, skipped, followed };
  const breather = new Breather(signal);
  for await (const source of filesBelow("", walk)) {
    signal?.throwIfAborted();
    const text = await readText(join(folder, source), { followSymlinks, encoding, breather });
    if (typeof text === "string") {
      documents.push(new Document({ pageContent: text, metadata: { source } }));
    } else {
      skipped.push({ source, reason: text.reason });
    }
  }
  return { documents, skipped };
}

const textExtensions: ReadonlySet<string> = new Set([".md", ".markdown", ".mdx", ".txt", ".text"]);

interface Walk {
  readonly folder: string;
  readonly rules: ReturnType<typeof ignore>;
  readonly skipped: SkippedFile[];
  /**
   * Real paths of the folder itself and of link targets visited so far; `undefined` if links are not followed.
   */
  readonly followed: Set<string> | undefined;
}

/** Yields the paths of the files below the folder, sorted by code unit, independent of the locale. */
async function* filesBelow(prefix: string, walk: Walk): AsyncGenerator<string> {
  const { folder, rules, skipped } = walk;
  const entries = await readdir(join(folder, prefix), { withFileTypes: true }).catch((cause) => {
    if (prefix === "") throw cause;
    skipped.push({ source: `${prefix}/`, reason: "unreadable" });
    return [];
  });
  const found: { readonly source: string; readonly kind: Kind }[] = [];
  for (const entry of entries) {
    const source = prefix === "" ? entry.name : `${prefix}/${entry.name}`;
    const kind = await kindOf(entry, source, walk);
    found.push({ source: kind.endsWith("folder") ? `${source}/` : source, kind });
  }
  for (const { source, kind } of found.toSorted((a, b) => (a.source < b.source ? -1 : 1))) {
    if (rules.ignores(source)) continue;
    const path = source.replace(/\/$/, "");
    const isPassed =
      kind === "symlink" || (kind === "linked folder" && !(await isFirstVisit(path, walk)));
    if (isPassed) skipped.push({ source: path, reason: "symlink" });
    else if (kind === "file") yield source;
    else yield* filesBelow(path, walk);
  }
}

/** A followed link to a file counts as a file; other links are distinguished from their targets. */
type Kind = "file" | "folder" | "linked folder" | "symlink";

async function kindOf(entry: Dirent, source: string, { folder, followed }: Walk): Promise<Kind> {
  if (!entry.isSymbolicLink()) return entry.isDirectory() ? "folder" : "file";
  if (!followed) return "symlink";
  const target = await stat(join(folder, source)).catch(() => undefined);
  return target?.isDirectory() === true ? "linked folder" : "file";
}

/**
 * Whether a link leads to a folder that was not visited before and does not contain the link. This prevents
 * endless loops, and many links to a few folders cost no more than the folders themselves.
 */
async function isFirstVisit(source: string, { folder, followed }: Walk): Promise<boolean> {
  const link = join(folder, source);
  const [target, here] = await Promise.all([realpath(link), realpath(dirname(link))]);
  const isAround = `${here}${sep}`.startsWith(target.endsWith(sep) ? target : `${target}${sep}`);
  if (isAround || followed?.has(target) === true) return false;
  followed?.add(target);
  return true;
}

interface Reading extends DecodeOptions {
  readonly followSymlinks: boolean;
}

async function readText(
  path: string,
  { followSymlinks, ...decoding }: Reading,
): Promise<string | { readonly reason: SkipReason }> {
  if (!textExtensions.has(extname(path).toLowerCase())) return { reason: "other-format" };
  const bytes = await readRegularFile(path, followSymlinks).catch(() => undefined);
  if (!bytes) return { reason: "unreadable" };
  const text = await decodeText(bytes, decoding);
  return typeof text === "string" && text.trim() === "" ? { reason: "empty" } : text;
}

/**
 * Reads a regular file. Reading a named pipe could block forever, and opening a device may have side effects,
 * so the path is checked first, and again when it is open, because another file may have replaced it.
 */
async function readRegularFile(
  path: string,
  followSymlinks: boolean,
): Promise<Uint8Array | undefined> {
  if (!(await stat(path)).isFile()) return undefined;
  const { O_RDONLY, O_NONBLOCK, O_NOFOLLOW } = constants;
  const file = await open(path, O_RDONLY | O_NONBLOCK | (followSymlinks ? 0 : O_NOFOLLOW));
  try {
    return (await file.stat()).isFile() ? await file.readFile() : undefined;
  } finally {
    await file.close();
  }
}
