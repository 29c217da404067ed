import { chmod, mkdir, readdir, readFile, stat, utimes, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { writeWhole } from "../src/whole-file.ts";
import { temporaryFolder } from "./vector-store/temporary-folder.ts";

test("puts what was written in the place of what was there", async () => {
  const path = join(await temporaryFolder(), "a.txt");
  await writeFile(path, "old");
  await writeWhole(path, async (draft) => {
    await draft.writeFile("ne");
    expect(await readFile(path, "utf8")).toBe("old");
    await draft.writeFile("w");
  });
  expect(await readFile(path, "utf8")).toBe("new");
  expect(await readdir(dirname(path))).toEqual(["a.txt"]);
});

test("leaves the old file, and nothing beside it, if writing fails", async () => {
  const path = join(await temporaryFolder(), "a.txt");
  await writeFile(path, "old");
  const failing = writeWhole(path, async (draft) => {
    await draft.writeFile("ne");
    throw new Error("no more to write");
  });
  await expect(failing).rejects.toThrow("no more to write");
  expect(await readFile(path, "utf8")).toBe("old");
  expect(await readdir(dirname(path))).toEqual(["a.txt"]);
});

test("leaves nothing if a folder has the name, or the folder to write into is missing", async () => {
  const folder = await temporaryFolder();
  await mkdir(join(folder, "taken"));
  await expect(writeWhole(join(folder, "taken"), async () => undefined)).rejects.toMatchObject({
    code: "invalid-input",
    message: `Expected ${join(folder, "taken")} to be a file, got a folder: pass the path of a file in it.`,
  });
  expect(await readdir(folder)).toEqual(["taken"]);
  const path = join(folder, "none", "a.txt");
  await expect(writeWhole(path, async () => undefined)).rejects.toThrow(
    `Cannot write into ${dirname(path)}: create the folder first, or pass another path.`,
  );
});

test.skipIf(process.platform === "win32")(
  "makes a new file with the given permissions, and keeps those of a file that it replaces",
  async () => {
    const path = join(await temporaryFolder(), "a.txt");
    const modeOf = async (): Promise<string> => ((await stat(path)).mode & 0o777).toString(8);
    await writeWhole(path, async () => undefined, { mode: 0o600 });
    expect(await modeOf()).toBe("600");
    await chmod(path, 0o664);
    await writeWhole(path, async () => undefined, { mode: 0o600 });
    expect(await modeOf()).toBe("664");
  },
);

test("removes what a process that was killed left of the same file an hour ago", async () => {
  const path = join(await temporaryFolder(), "a.txt");
  const uuid = "123e4567-e89b-42d3-a456-426614174000";
  const [old, recent, other, ofTheUser] = [
    `a.txt.${uuid}.tmp`,
    `a.txt.${uuid.replace("1", "2")}.tmp`,
    `b.txt.${uuid}.tmp`,
    "a.txt.old.tmp",
  ];
  const anHourAgo = new Date(Date.now() - 3_700_000);
  for (const name of [old, recent, other, ofTheUser]) {
    await writeFile(join(dirname(path), name), "draft");
    if (name !== recent) await utimes(join(dirname(path), name), anHourAgo, anHourAgo);
  }
  await writeWhole(path, async (draft) => draft.writeFile("new"));
  const left = await readdir(dirname(path));
  expect(left.toSorted()).toEqual(["a.txt", ofTheUser, recent, other].toSorted());
});
