import { chmodSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { checkFolder, checkPrivacy } from "../../../src/cli/doctor/disk.ts";
import { asNobody } from "../../as-nobody.ts";
import { temporaryFolder } from "../../vector-store/temporary-folder.ts";

const withFree = (megabytes: number) => ({
  statfs: async () => ({ bavail: megabytes * 250, bsize: 4000, blocks: 1_000_000 }),
});

const untold = { statfs: async () => ({ bavail: 0, bsize: 4096, blocks: 0 }) };

test("10 MB of free disk is a problem, 100 MB is not", async () => {
  const folder = await temporaryFolder();
  const [, full] = await checkFolder("store", folder, withFree(10));
  expect(full).toEqual({
    verdict: "problem",
    what: "store: free disk",
    here: `10 MB at ${folder}`,
    wayOut: "Free at least 100 MB there, or use a folder on another disk.",
  });
  const enough = await checkFolder("store", folder, withFree(100));
  expect(enough.map(({ verdict }) => verdict)).toEqual(["ok", "ok"]);
});

test("a folder that is not there yet is judged by the one above it", async () => {
  const folder = await temporaryFolder();
  const [writing] = await checkFolder("store", join(folder, "a/b"), withFree(1000));
  expect(writing).toMatchObject({ verdict: "ok", here: `${folder} is writable` });
});

test("a folder that this user may not write to is a problem, and so is a file in its place", async () => {
  const folder = await temporaryFolder();
  const file = join(folder, "file");
  writeFileSync(file, "");
  chmodSync(folder, 0o555);
  const [locked] = await asNobody(() => checkFolder("model cache", folder, withFree(1000)));
  expect(locked).toMatchObject({
    verdict: "problem",
    here: `${folder} is not writable: EACCES`,
  });
  chmodSync(folder, 0o755);
  expect(readdirSync(folder)).toEqual(["file"]);
  const [blocked] = await checkFolder("model cache", file, withFree(1000));
  expect(blocked).toMatchObject({
    verdict: "problem",
    here: `${file} is not writable: ENOTDIR`,
  });
});

test("a file system that reports no size is a note", async () => {
  const [, room] = await checkFolder("store", await temporaryFolder(), untold);
  expect(room?.verdict).toBe("note");
});

test.each([
  ["for its owner alone", 0o700, 0o644, "ok"],
  ["that others may enter, with private files", 0o755, 0o600, "ok"],
  ["that others may enter, with readable files", 0o755, 0o644, "problem"],
  ["of a group, with files of the group", 0o750, 0o640, "problem"],
  ["that others may write to", 0o777, 0o600, "problem"],
])("a store folder %s", async (_name, folderMode, fileMode, verdict) => {
  const store = join(await temporaryFolder(), "store");
  mkdirSync(store);
  writeFileSync(join(store, "texts"), "");
  chmodSync(join(store, "texts"), fileMode);
  chmodSync(store, folderMode);
  expect(await checkPrivacy("store", store)).toMatchObject({
    verdict,
    here: expect.stringContaining(`has mode ${folderMode.toString(8)}`),
  });
});
