import { createHash, type Hash } from "node:crypto";
import { createReadStream } from "node:fs";

/** SHA-256 of a file in hex, or of several, one after the other; reads them in chunks. */
export async function sha256Of(...paths: readonly string[]): Promise<string> {
  return digest(paths, createHash("sha256"));
}

/** Whether a string is a SHA-256 in hex. */
export function isSha256(text: string): boolean {
  return /^[0-9a-f]{64}$/.test(text);
}

/** Whether a file has the hash that the hub announced; `true` if the hub announced none. */
export async function hasHash(path: string, announced: string, bytes: number): Promise<boolean> {
  if (isSha256(announced)) return (await sha256Of(path)) === announced;
  if (!/^[0-9a-f]{40}$/.test(announced)) return true;
  // The hub announces git's hash of a blob; a mirror with its own copies announces the plain SHA-1.
  const blob = createHash("sha1").update(`blob ${bytes}\0`);
  return (
    (await digest([path], blob)) === announced ||
    (await digest([path], createHash("sha1"))) === announced
  );
}

async function digest(paths: readonly string[], hash: Hash): Promise<string> {
  for (const path of paths) {
    for await (const chunk of createReadStream(path)) hash.update(chunk);
  }
  return hash.digest("hex");
}
