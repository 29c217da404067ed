import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
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

test("leaves the old file, and nothing beside it, where writing fails", async () => {
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

test("leaves nothing where a folder has the name already, or none is there to write into", async () => {
  const folder = await temporaryFolder();
  await mkdir(join(folder, "taken"));
  await expect(writeWhole(join(folder, "taken"), async () => undefined)).rejects.toThrow("rename");
  expect(await readdir(folder)).toEqual(["taken"]);
  const path = join(folder, "none", "a.txt");
  await expect(writeWhole(path, async () => undefined)).rejects.toThrow(
    `Cannot write into ${dirname(path)}: make the folder first, or pass another path.`,
  );
});
