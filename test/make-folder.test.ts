import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { makeFolder } from "../src/make-folder.ts";
import { runProgram } from "./run-program.ts";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "make-folder-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe("makeFolder", () => {
  test("creates missing parents, and accepts an existing folder", async () => {
    const deep = join(folder, "a/b/c");
    await makeFolder(deep);
    await makeFolder(deep);
    await makeFolder("/");
    expect(statSync(deep).isDirectory()).toBe(true);
  });

  test("makes one folder for all who ask at the same time", async () => {
    const deep = join(folder, "a/b/c");
    await Promise.all(Array.from({ length: 20 }, () => makeFolder(deep)));
    expect(statSync(deep).isDirectory()).toBe(true);
  });

  test.skipIf(process.platform === "win32")(
    "gives its mode to new folders, and leaves those that are there",
    async () => {
      const before = statSync(folder).mode;
      await makeFolder(join(folder, "a/b"), { mode: 0o700 });
      expect(statSync(join(folder, "a")).mode & 0o777).toBe(0o700);
      expect(statSync(folder).mode).toBe(before);
    },
  );

  test("fails if a file is in the way", async () => {
    writeFileSync(join(folder, "file"), "");
    await expect(makeFolder(join(folder, "file"))).rejects.toMatchObject({ code: "EEXIST" });
    await expect(makeFolder(join(folder, "file/below"))).rejects.toMatchObject({ code: "ENOTDIR" });
  });

  // In a process of its own: what spins in a thread of Node's file system cannot be ended by a test.
  test.skipIf(process.platform !== "linux")("ends if no folder can be created", () => {
    const module = join(import.meta.dirname, "../dist/make-folder.js");
    const program = `import { makeFolder } from ${JSON.stringify(module)};
      await makeFolder("/proc/no/such").catch(({ code }) => console.log(code));
      process.exit();`;
    const words = ["--input-type=module", "--eval", program];
    const { stdout } = runProgram(process.execPath, words, { limitMs: 20_000 });
    expect(stdout).toBe("ENOENT\n");
  });
});
