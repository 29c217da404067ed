import { existsSync } from "node:fs";
import { lstat, readdir, readFile, readlink, stat } from "node:fs/promises";
import { basename, join, sep } from "node:path";
import { bundledModels, type BundledModel } from "./bundled-models.ts";
import { hasHash, isSha256, sha256Of } from "./file-hash.ts";
import { hashFolder, isCommit } from "./hub-cache.ts";

/** Whether a file has changed since its hash was recorded; `unrecorded` if there is no hash to compare with. */
export interface VerifiedFile {
  readonly path: string;
  readonly state: "same" | "changed" | "missing" | "unrecorded";
}

/**
 * Compares the files of a model with their recorded hashes. For a hub model they come from our downloader, or
 * from the blob names that Hugging Face's own library links to; for bundled models and copies of them they are
 * part of the package.
 */
export async function verifyFiles(folder: string): Promise<VerifiedFile[]> {
  const bundled = isCommit(basename(folder)) ? undefined : await findBundledModel(folder);
  const found = await filesBelow(folder);
  const lost = Object.keys(bundled?.sha256 ?? {})
    .filter((path) => needed.test(path) && !found.includes(path))
    .map((path): VerifiedFile => ({ path, state: "missing" }));
  const verified: VerifiedFile[] = [];
  for (const path of found) {
    const recorded = bundled?.sha256[path] ?? (await hubHash(folder, path));
    verified.push({ path, state: await compare(join(folder, path), recorded) });
  }
  return [...verified, ...lost];
}

/** The bundled model that a folder is or copies, recognised by its `config.json` or its graph. */
export async function findBundledModel(folder: string): Promise<BundledModel | undefined> {
  for (const path of ["config.json", "onnx/model_int8.onnx"]) {
    if (!existsSync(join(folder, path))) continue;
    const hash = await sha256Of(join(folder, path));
    const found = bundledModels.find(({ sha256 }) => sha256[path] === hash);
    if (found) return found;
  }
  return undefined;
}

/** Files that every model needs. */
const needed = /^(config|tokenizer)\.json$/;

/** The paths of all files, with `/` on every system; excludes unfinished downloads. */
async function filesBelow(folder: string): Promise<string[]> {
  const paths: string[] = [];
  for (const path of (await readdir(folder, { recursive: true })).toSorted()) {
    const facts = await stat(join(folder, path)).catch(() => undefined); // `undefined` for a dangling link.
    if (facts?.isDirectory() || /\.(incomplete|lock)$/.test(path)) continue;
    if (/(^|[\\/])\.|\.lock[\\/]/.test(path)) continue;
    paths.push(path.replaceAll(sep, "/"));
  }
  return paths;
}

async function hubHash(folder: string, path: string): Promise<string | undefined> {
  const file = join(folder, path);
  if ((await lstat(file)).isSymbolicLink()) {
    const blob = basename(await readlink(file));
    return isCommit(blob) || isSha256(blob) ? blob : undefined;
  }
  if (!isCommit(basename(folder))) return undefined;
  const record = join(folder, "../..", hashFolder, basename(folder), path);
  const recorded = await readFile(record, "utf8").catch(() => "");
  return isSha256(recorded) ? recorded : undefined;
}

async function compare(file: string, recorded: string | undefined): Promise<VerifiedFile["state"]> {
  const facts = await stat(file).catch(() => undefined);
  if (!facts) return "missing";
  if (recorded === undefined) return "unrecorded";
  return (await hasHash(file, recorded, facts.size)) ? "same" : "changed";
}
