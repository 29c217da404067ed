import { readFile } from "node:fs/promises";
import { join, posix } from "node:path";
import type { Layout } from "../../model/workers/layout.ts";
import { note, ok, problem, type Finding } from "./finding.ts";

export interface CgroupPlace {
  /** Where control groups are mounted. @defaultValue "/sys/fs/cgroup" */
  readonly folder?: string;
  /** The file with the groups of this process. @defaultValue "/proc/self/cgroup" */
  readonly ownGroups?: string;
}

/**
 * How many cores the control groups allow this process: the minimum over its groups and their parents;
 * `undefined` without a limit.
 *
 * @see `cpu.max` in the Linux documentation of control groups v2, `cpu.cfs_quota_us` in that of v1
 */
export async function readCoreLimit({
  folder = "/sys/fs/cgroup",
  ownGroups = "/proc/self/cgroup",
}: CgroupPlace = {}): Promise<number | undefined> {
  const listed = await readText(ownGroups);
  const limits: number[] = [];
  for (const line of listed.split("\n")) {
    const [, controllers, path = "/"] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? [];
    if (controllers === "") {
      for (const group of selfAndAbove(path)) limits.push(await limitOf2(join(folder, group)));
    }
    if (controllers?.split(",").includes("cpu") === true) {
      for (const group of selfAndAbove(path)) {
        limits.push(await limitOf1(join(folder, "cpu", group)));
        limits.push(await limitOf1(join(folder, controllers, group)));
      }
    }
  }
  const least = Math.min(...limits);
  return Number.isFinite(least) ? least : undefined;
}

/** Compares the threads of a layout with the allowed cores. */
export function checkCoreLimit(
  { workers, threads }: Layout,
  { allowed, cores }: { readonly allowed: number | undefined; readonly cores: number },
): Finding {
  const what = "core limit";
  const busy = workers * threads;
  const layout = `${workers} ${workers === 1 ? "worker" : "workers"} of ${threads} ${threads === 1 ? "thread" : "threads"}`;
  if (allowed === undefined) return ok(what, `none: ${layout} on ${cores} cores`);
  const here = `${round(allowed)} of ${cores} cores allowed, ${layout}`;
  if (busy <= allowed) return ok(what, here);
  if (busy < allowed + 1) return note(what, `${here}: one thread waits for part of the time`);
  const most = Math.max(1, Math.floor(allowed));
  return problem(
    what,
    here,
    `The container's CPU limit pauses the ${busy} threads for part of the time, which slows every query: pass \`workers: ${most}\` and \`threads: 1\`, or raise the limit.`,
  );
}

function selfAndAbove(path: string): string[] {
  return path === "/" ? ["/"] : [path, ...selfAndAbove(posix.dirname(path))];
}

/** `max 100000`, or a quota in microseconds and its period. */
async function limitOf2(group: string): Promise<number> {
  const [quota, period] = (await readText(join(group, "cpu.max"))).trim().split(/\s+/);
  return coresOf(Number(quota), Number(period));
}

async function limitOf1(group: string): Promise<number> {
  const quota = Number.parseInt(await readText(join(group, "cpu.cfs_quota_us")), 10);
  const period = Number.parseInt(await readText(join(group, "cpu.cfs_period_us")), 10);
  return coresOf(quota, period);
}

/** A quota that is `max`, -1 or absent means no limit. */
function coresOf(quota: number, period: number): number {
  return quota > 0 && period > 0 ? quota / period : Infinity;
}

async function readText(path: string): Promise<string> {
  return readFile(path, "utf8").catch(() => "");
}

function round(cores: number): string {
  return String(Math.round(cores * 100) / 100);
}
