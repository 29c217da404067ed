import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { checkCoreLimit, readCoreLimit } from "../../../src/cli/doctor/core-limit.ts";
import { temporaryFolder } from "../../vector-store/temporary-folder.ts";

/** What is read of control groups with these files, by a process in these groups. */
async function limitOf(
  groups: string,
  files: Readonly<Record<string, string>>,
): Promise<number | undefined> {
  const folder = await temporaryFolder();
  const ownGroups = join(folder, "own");
  writeFileSync(ownGroups, `${groups}\n`);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), `${text}\n`);
  }
  return readCoreLimit({ folder, ownGroups });
}

test.each([
  ["version 2, in a container", "0::/", { "cpu.max": "100000 100000" }, 1],
  ["version 2, half a core", "0::/", { "cpu.max": "50000 100000" }, 0.5],
  ["version 2, without a limit", "0::/", { "cpu.max": "max 100000" }, undefined],
  [
    "version 2, a stricter group above",
    "0::/a/b",
    { "a/b/cpu.max": "400000 100000", "a/cpu.max": "150000 100000" },
    1.5,
  ],
  ["version 2, a path of the host", "0::/docker/abc", { "cpu.max": "200000 100000" }, 2],
  [
    "version 1",
    "4:cpu,cpuacct:/job",
    { "cpu,cpuacct/job/cpu.cfs_quota_us": "100000", "cpu,cpuacct/job/cpu.cfs_period_us": "100000" },
    1,
  ],
  [
    "version 1, without a limit",
    "1:cpu:/",
    { "cpu/cpu.cfs_quota_us": "-1", "cpu/cpu.cfs_period_us": "100000" },
    undefined,
  ],
  ["no control groups", "", {}, undefined],
])("reads the cores of %s", async (_name, groups, files, expected) => {
  expect(await limitOf(groups, files)).toBe(expected);
});

test("one core allowed and two workers is a problem with the layout that fits", () => {
  const limits = { allowed: 1, cores: 2 };
  const finding = checkCoreLimit({ workers: 2, threads: 1 }, limits);
  expect(finding).toEqual({
    verdict: "problem",
    what: "core limit",
    here: "1 of 2 cores allowed, 2 workers of 1 thread",
    wayOut: expect.stringContaining("pass `workers: 1` and `threads: 1`"),
  });
  expect(checkCoreLimit({ workers: 1, threads: 2 }, limits).verdict).toBe("problem");
  expect(checkCoreLimit({ workers: 1, threads: 1 }, limits).verdict).toBe("ok");
});

test("a fraction of a core too few is a note, and no limit is fine", () => {
  const layout = { workers: 2, threads: 1 };
  expect(checkCoreLimit(layout, { allowed: 1.5, cores: 2 }).verdict).toBe("note");
  expect(checkCoreLimit(layout, { allowed: undefined, cores: 2 }).verdict).toBe("ok");
});
