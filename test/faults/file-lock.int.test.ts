import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, readdir, rmdir, utimes, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, onTestFinished, test, vi } from "vitest";
import { withFileLock } from "../../src/file-lock.ts";
import { temporaryFolder } from "../vector-store/temporary-folder.ts";
import { runProgram } from "../run-program.ts";

const newPath = async (): Promise<string> => join(await temporaryFolder(), "file");

test("lets one call after the other work, each to its end", async () => {
  const path = await newPath();
  const seen: string[] = [];
  const work = (name: string) => async (): Promise<string> => {
    seen.push(`${name} begins`);
    await sleep(30);
    seen.push(`${name} ends`);
    return name;
  };
  const names = ["a", "b", "c"];
  const done = await Promise.all(names.map((name) => withFileLock(path, work(name))));
  expect(done).toEqual(names);
  const ended = seen.filter((_event, place) => place % 2 === 1);
  expect(ended.toSorted()).toEqual(["a ends", "b ends", "c ends"]);
  const before = seen.filter((_event, place) => place % 2 === 0);
  expect(before.map((event) => event.replace("begins", "ends"))).toEqual(ended);
  expect(existsSync(`${path}.lock`)).toBe(false);
});

test("is free again if the work failed", async () => {
  const path = await newPath();
  const failing = withFileLock(path, async () => Promise.reject(new Error("no")));
  await expect(failing).rejects.toThrow("no");
  expect(await withFileLock(path, async () => "yes")).toBe("yes");
});

test("says once that it waits, and an abort ends the wait alone", async () => {
  const path = await newPath();
  await mkdir(`${path}.lock`);
  const controller = new AbortController();
  const onWait = vi.fn<() => void>(() => {
    setTimeout(() => controller.abort(new Error("gone")), 200);
  });
  const work = vi.fn<() => Promise<undefined>>(async () => undefined);
  const waiting = withFileLock(path, work, { signal: controller.signal, onWait });
  await expect(waiting).rejects.toThrow("gone");
  expect(onWait).toHaveBeenCalledTimes(1);
  expect(work).not.toHaveBeenCalled();
  expect(existsSync(`${path}.lock`)).toBe(true);
});

test("is taken over from a process that was killed", async () => {
  const path = await newPath();
  const lock = new URL("../../dist/file-lock.js", import.meta.url).href;
  const script = `
    import { withFileLock } from ${JSON.stringify(lock)};
    setInterval(() => undefined, 1000);
    await withFileLock(${JSON.stringify(path)}, () => {
      console.log("held");
      return new Promise(() => undefined);
    });`;
  const holder = spawn(process.execPath, ["--input-type=module", "--eval", script]);
  onTestFinished(() => void holder.kill("SIGKILL"));
  await once(holder.stdout, "data");
  const gone = once(holder, "exit");
  holder.kill("SIGKILL");
  await gone;
  expect(existsSync(`${path}.lock`)).toBe(true);
  const onWait = vi.fn<() => void>();
  expect(await withFileLock(path, async () => "mine", { staleMs: 2000, onWait })).toBe("mine");
  expect(onWait).toHaveBeenCalledTimes(1);
}, 20_000);

test("tells the work that the lock was lost", async () => {
  const path = await newPath();
  const lost = withFileLock(
    path,
    async (signal) => {
      await rmdir(`${path}.lock`);
      await once(signal, "abort");
      signal.throwIfAborted();
    },
    { staleMs: 2000 },
  );
  await expect(lost).rejects.toMatchObject({
    code: "lock-lost",
    message: expect.stringContaining(`Another process took over ${path}`),
  });
}, 20_000);

test("is taken over at once from a clock that was ahead", async () => {
  const path = await newPath();
  await mkdir(`${path}.lock`);
  const tomorrow = new Date(Date.now() + 86_400_000);
  await utimes(`${path}.lock`, tomorrow, tomorrow);
  expect(await withFileLock(path, async () => "mine")).toBe("mine");
  expect(existsSync(`${path}.lock`)).toBe(false);
});

test.each([
  ["a file", (lock: string) => writeFile(lock, "text")],
  [
    "a folder with something in it",
    async (lock: string) => {
      await mkdir(lock);
      await writeFile(join(lock, "kept"), "text");
    },
  ],
])("is not made of %s, which stays", async (_name, make) => {
  const path = await newPath();
  await make(`${path}.lock`);
  const longAgo = new Date(Date.now() - 86_400_000);
  await utimes(`${path}.lock`, longAgo, longAgo);
  await expect(withFileLock(path, async () => 1)).rejects.toMatchObject({
    code: "invalid-input",
    message: expect.stringContaining("file.lock to be an empty folder"),
  });
  expect(await readdir(dirname(path))).toEqual(["file.lock"]);
});

test("goes to one of many callers that find it abandoned", async () => {
  const path = await newPath();
  let [working, most] = [0, 0];
  const work = async (): Promise<void> => {
    working += 1;
    most = Math.max(most, working);
    await sleep(5);
    working -= 1;
  };
  for (let round = 0; round < 5; round += 1) {
    await mkdir(`${path}.lock`);
    const longAgo = new Date(Date.now() - 86_400_000);
    await utimes(`${path}.lock`, longAgo, longAgo);
    await Promise.all(Array.from({ length: 8 }, () => withFileLock(path, work)));
  }
  expect(most).toBe(1);
  expect(await readdir(dirname(path))).toEqual([]);
}, 20_000);

test("goes with a program that exits in the middle, and leaves its exit code and its signals alone", async () => {
  const path = await newPath();
  const lock = new URL("../../dist/file-lock.js", import.meta.url).href;
  const script = `
    import { existsSync } from "node:fs";
    import { withFileLock } from ${JSON.stringify(lock)};
    const before = process.eventNames();
    await withFileLock(${JSON.stringify(path)}, async () => {
      console.log(existsSync(${JSON.stringify(`${path}.lock`)}));
      console.log(process.eventNames().filter((name) => !before.includes(name)).join());
      process.exit(7);
    });`;
  const { status, stdout } = runProgram(
    process.execPath,
    ["--input-type=module", "--eval", script],
    { limitMs: 20_000 },
  );
  expect([status, stdout]).toEqual([7, "true\n\n"]);
  expect(existsSync(`${path}.lock`)).toBe(false);
});

test("cannot be taken if there is no folder", async () => {
  const folder = await temporaryFolder();
  await writeFile(join(folder, "file"), "");
  await expect(withFileLock(join(folder, "none/x"), async () => 1)).rejects.toThrow("ENOENT");
  expect(await readdir(folder)).toEqual(["file"]);
});
