import { readdir, readFile, stat } from "node:fs/promises";
import { extname, join, resolve } from "node:path";
import { Document } from "@langchain/core/documents";
import ignore from "ignore";
import { RetrievalError } from "../errors.ts";

/** Why a file was passed over. */
type SkipReason = "other-format" | "binary" | "empty" | "unreadable";

export interface SkippedFile {
  /** Path below the folder, with `/` between its parts, and behind a folder that cannot be opened. */
  readonly source: string;
  readonly reason: SkipReason;
}

export interface LoadFolderOptions {
  /** Files and folders to leave out, in the syntax of `.gitignore`. @defaultValue [] */
  readonly ignore?: readonly string[] | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface LoadedFolder {
  /** One document a file, sorted by path; `metadata.source` is the path below the folder. */
  readonly documents: Document[];
  /** Every file that was seen and not loaded, sorted by path. */
  readonly skipped: SkippedFile[];
}

/**
 * Reads the Markdown and text files below a folder, in the same order on every machine. Names that
 * begin with a dot and `node_modules` are not looked at.
 *
 * @throws `invalid-input` where there is no such folder
 */
export async function loadFolder(
  folder: string,
  { ignore: patterns = [], signal }: LoadFolderOptions = {},
): Promise<LoadedFolder> {
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
  for await (const source of filesBelow(folder, "", rules, skipped)) {
    signal?.throwIfAborted();
    const text = await readText(join(folder, source));
    if (typeof text === "string") {
      documents.push(new Document({ pageContent: text, metadata: { source } }));
    } else {
      skipped.push({ source, reason: text.reason });
    }
  }
  return { documents, skipped };
}

const textExtensions: ReadonlySet<string> = new Set([".md", ".markdown", ".mdx", ".txt", ".text"]);

/** Paths below `folder` in code unit order, which no locale changes. Links to folders are not followed: they may loop. */
async function* filesBelow(
  folder: string,
  prefix: string,
  rules: ReturnType<typeof ignore>,
  skipped: SkippedFile[],
): AsyncGenerator<string> {
  const entries = await readdir(join(folder, prefix), { withFileTypes: true }).catch((cause) => {
    if (prefix === "") throw cause;
    skipped.push({ source: `${prefix}/`, reason: "unreadable" });
    return [];
  });
  const names = entries.map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name));
  for (const name of names.toSorted()) {
    const source = prefix === "" ? name : `${prefix}/${name}`;
    if (rules.ignores(source)) continue;
    if (name.endsWith("/")) yield* filesBelow(folder, source.slice(0, -1), rules, skipped);
    else yield source;
  }
}

async function readText(path: string): Promise<string | { readonly reason: SkipReason }> {
  if (!textExtensions.has(extname(path).toLowerCase())) return { reason: "other-format" };
  const facts = await stat(path).catch(() => undefined);
  // A named pipe would keep its reader waiting without end.
  const bytes = facts?.isFile() ? await readFile(path).catch(() => undefined) : undefined;
  if (!bytes) return { reason: "unreadable" };
  if (bytes.includes(0)) return { reason: "binary" };
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return text.trim() === "" ? { reason: "empty" } : text;
  } catch {
    return { reason: "binary" }; // Not UTF-8: read as text it would be noise.
  }
}
