import type { StatsFs } from "node:fs";
import { mkdtemp, readdir, rmdir, stat, statfs } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { note, ok, problem, type Finding } from "./finding.ts";

export interface DiskCalls {
  readonly statfs?: (path: string) => Promise<Pick<StatsFs, "bavail" | "bsize" | "blocks">>;
}

/** Checks that a folder, which need not exist yet, is writable and has space. */
export async function checkFolder(
  what: string,
  folder: string,
  { statfs: ask = statfs }: DiskCalls = {},
): Promise<Finding[]> {
  const existing = await nearestThatExists(resolve(folder));
  const refusal = await refusalToWrite(existing);
  const writing =
    refusal === undefined
      ? ok(`${what}: writing`, `${existing} is writable`)
      : problem(
          `${what}: writing`,
          `${existing} is not writable: ${refusal}`,
          `Give this user write permission for ${existing}, or use another folder.`,
        );
  return [writing, await room(what, existing, ask)];
}

/** Checks whether other users of the machine could read the passages of a store. */
export async function checkPrivacy(what: string, folder: string): Promise<Finding> {
  const label = `${what}: privacy`;
  const { mode } = await stat(folder);
  const named = `${folder} has mode ${(mode & 0o777).toString(8)}`;
  const wayOut = `Run \`chmod -R go= ${folder}\`.`;
  if (process.platform === "win32")
    return note(label, "not checked on Windows: see the permissions of the folder");
  if ((mode & 0o022) !== 0) return problem(label, `${named}: other users can write to it`, wayOut);
  if ((mode & 0o011) !== 0) {
    const exposed = await firstReadable(folder);
    if (exposed !== undefined) {
      return problem(label, `${named}: other users can read ${exposed} in it`, wayOut);
    }
  }
  return ok(label, `${named}: only its owner has access`);
}

/** Why no folder can be created there; permissions alone do not reveal quotas, shares and read-only disks. */
async function refusalToWrite(folder: string): Promise<string | undefined> {
  try {
    await rmdir(await mkdtemp(join(folder, ".doctor-")));
    return undefined;
  } catch (error) {
    return error instanceof Error && "code" in error ? String(error.code) : String(error);
  }
}

async function room(
  what: string,
  folder: string,
  ask: NonNullable<DiskCalls["statfs"]>,
): Promise<Finding> {
  const label = `${what}: free disk`;
  const { bavail, bsize, blocks } = await ask(folder);
  if (blocks === 0) return note(label, `the file system of ${folder} does not report it`);
  const free = bavail * bsize;
  const here = `${(free / 1e6).toFixed(0)} MB at ${folder}`;
  if (free >= leastBytes) return ok(label, here);
  return problem(
    label,
    here,
    `Free at least ${leastBytes / 1e6} MB there, or use a folder on another disk.`,
  );
}

/** Too little for one small model, or the log and the index of a small collection. */
const leastBytes = 100e6;

async function nearestThatExists(path: string): Promise<string> {
  const isThere = await stat(path).then(
    () => true,
    () => false,
  );
  return isThere || dirname(path) === path ? path : nearestThatExists(dirname(path));
}

async function firstReadable(folder: string): Promise<string | undefined> {
  for (const path of await readdir(folder, { recursive: true })) {
    const facts = await stat(join(folder, path)).catch(() => undefined);
    if (facts?.isFile() === true && (facts.mode & 0o066) !== 0) return path;
  }
  return undefined;
}
