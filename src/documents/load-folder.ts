import { abortSignal, boolean, string, strings } from "../option-rules.ts";
import { constants, type Dirent } from "node:fs";
import { open, readdir, realpath, stat } from "node:fs/promises";
import { dirname, extname, join, resolve, sep } from "node:path";
import { Document } from "@langchain/core/documents";
import ignore from "ignore";
import { Breather } from "../breather.ts";
import { requireString, RetrievalError } from "../errors.ts";
import { requireOptions, type OptionRules } from "../options.ts";
import { decodeText, requireEncoding } from "./decode-text.ts";

/**
 * Why a file was passed over; `not-utf-8`: a text in an encoding that `encoding` has to name; `symlink`: a symbolic link
 * that was not followed.
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
  /** Path below the folder, with `/` between its parts, and behind a folder that cannot be opened. */
  readonly source: string;
  readonly reason: SkipReason;
}

/** Which files `loadFolder` reads, and how it decodes them. */
export interface LoadFolderOptions {
  /** Files and folders to leave out, in the syntax of `.gitignore`. @defaultValue [] */
  readonly ignore?: readonly string[] | undefined;
  /**
   * Whether symbolic links to files and folders are followed, also out of the folder: what they lead to
   * becomes searchable. The folder itself may be one either way. @defaultValue false
   */
  readonly followSymlinks?: boolean | undefined;
  /**
   * The encoding of files that are not UTF-8, by a name that iconv-lite knows, such as "windows-1252" or
   * "shift_jis". UTF-16 and UTF-32 with a byte order mark need none. @defaultValue none: such files are skipped
   */
  readonly encoding?: string | undefined;
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
  /** One document a file, sorted by path; `metadata.source` is the path below the folder. */
  readonly documents: Document[];
  /** Every file that was seen and not loaded, sorted by path. */
  readonly skipped: SkippedFile[];
}

/**
 * Reads the Markdown and text files below a folder, in the same order on every machine. Names that
 * begin with a dot and `node_modules` are not looked at. Symbolic links are followed only where that is
 * asked for; hard links cannot be told from other files.
 *
 * @throws `invalid-input` where there is no such folder, `invalid-option` for an unknown encoding
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
      `Expected \`folder\` to be a folder of Markdown or text files, there is none at ${resolve(folder)}.`,
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
  /** The folder itself and those that links led to, by their real paths; `undefined` where links are not followed. */
  readonly followed: Set<string> | undefined;
}

/** Paths of files below the folder in code unit order, which no locale changes. */
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

/** A link is told from what it leads to where that matters: a followed one to a file is read as a file. */
type Kind = "file" | "folder" | "linked folder" | "symlink";

async function kindOf(entry: Dirent, source: string, { folder, followed }: Walk): Promise<Kind> {
  if (!entry.isSymbolicLink()) return entry.isDirectory() ? "folder" : "file";
  if (!followed) return "symlink";
  const target = await stat(join(folder, source)).catch(() => undefined);
  return target?.isDirectory() === true ? "linked folder" : "file";
}

/**
 * Whether a link leads to a folder that no link led to before, and that does not hold the link itself:
 * so no loop is endless, and many links to few folders cost no more than the folders.
 */
async function isFirstVisit(source: string, { folder, followed }: Walk): Promise<boolean> {
  const link = join(folder, source);
  const [target, here] = await Promise.all([realpath(link), realpath(dirname(link))]);
  const isAround = `${here}${sep}`.startsWith(target.endsWith(sep) ? target : `${target}${sep}`);
  if (isAround || followed?.has(target) === true) return false;
  followed?.add(target);
  return true;
}

interface Reading {
  readonly followSymlinks: boolean;
  readonly encoding: string | undefined;
  readonly breather: Breather;
}

async function readText(
  path: string,
  { followSymlinks, encoding, breather }: Reading,
): Promise<string | { readonly reason: SkipReason }> {
  if (!textExtensions.has(extname(path).toLowerCase())) return { reason: "other-format" };
  const bytes = await readRegularFile(path, followSymlinks).catch(() => undefined);
  if (!bytes) return { reason: "unreadable" };
  const text = await decodeText(bytes, { encoding, breather });
  return typeof text === "string" && text.trim() === "" ? { reason: "empty" } : text;
}

/**
 * The bytes of a regular file. A named pipe would keep its reader waiting without end, and to open a
 * device may do something: so it is looked at first, and once more when it is open, as another may have
 * taken its name meanwhile.
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
