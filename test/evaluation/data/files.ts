import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { temporaryFolder } from "../../vector-store/temporary-folder.ts";

/** The path of a new file in a folder of its own, with this in it if anything is given. */
export async function fileOf(name: string, content?: string | Uint8Array): Promise<string> {
  const path = join(await temporaryFolder(), name);
  if (content !== undefined) await writeFile(path, content);
  return path;
}

export function textOf(path: string): Promise<string> {
  return readFile(path, "utf8");
}

/** What stands beside a file, itself included. */
export function namesBeside(path: string): Promise<string[]> {
  return readdir(join(path, ".."));
}
