import { execFileSync } from "node:child_process";
import {
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import {
  isInnerPath,
  isRepository,
  pathInCache,
  writablePathInCache,
} from "../../../src/model/files/hub-cache.ts";
import { HubSnapshot } from "../../../src/model/files/hub-snapshot.ts";
import { locateModel, obtainModel, plannedDownload } from "../../../src/model/files/model-files.ts";
import { tinyModel } from "../../fixtures/golden.ts";
import { HubStub, stubCommit } from "./hub-stub.ts";

const fixture = tinyModel("tiny-bert-reranker");
let hub: HubStub;
/** The cache lies four folders deep, so that a path that climbs out of it stays in here. */
let outside: string;
let cache: string;

beforeAll(async () => {
  hub = await HubStub.start();
});
beforeEach(() => {
  outside = mkdtempSync(join(tmpdir(), "hostile-hub-"));
  cache = join(outside, "a/b/c/cache");
  mkdirSync(cache, { recursive: true });
  hub.reset();
  hub.addFolder("tiny/reranker", fixture);
  vi.stubEnv("HF_ENDPOINT", hub.url);
  vi.stubEnv("HF_HUB_CACHE", cache);
  vi.stubEnv("HF_TOKEN_PATH", join(outside, "no-token"));
  for (const name of ["HF_TOKEN", "HF_HUB_OFFLINE"]) vi.stubEnv(name, undefined);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(outside, { recursive: true, force: true });
});
afterAll(() => hub.close());

const obtain = (): ReturnType<typeof obtainModel> => obtainModel("tiny/reranker", ["fp32"]);
const place = "models--tiny--reranker";
/** Everything outside the cache, and everything in it. */
const files = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: "utf8" }).toSorted();
const untouched = ["a", "a/b", "a/b/c", "a/b/c/cache"];

describe("a hub that names a commit", () => {
  test.each([
    "../../../../ESCAPED",
    "/etc/ESCAPED",
    "..",
    ".",
    "",
    "main",
    stubCommit.toUpperCase(),
    `${stubCommit}0`,
    `${stubCommit}/..`,
    "..\\..\\ESCAPED",
  ])("%j is refused, and nothing is written anywhere", async (commit) => {
    hub.nameCommit(commit);
    for (const fetching of [obtain, () => plannedDownload("tiny/reranker", ["fp32"])]) {
      await expect(fetching()).rejects.toMatchObject({
        code: "download-failed",
        message: expect.stringContaining(
          `expected a commit id of 40 hex digits in the header x-repo-commit, got ${JSON.stringify(commit)}`,
        ),
      });
    }
    expect(files(outside)).toEqual(untouched);
  });

  test("is needed for a branch, and not for a commit", async () => {
    hub.nameCommit(undefined);
    await expect(obtain()).rejects.toThrow("x-repo-commit, got no header");
    expect(files(outside)).toEqual(untouched);
    const pinned = await HubSnapshot.open("tiny/reranker", { revision: stubCommit });
    expect(await pinned.fetchFirst(["config.json"])).toBe("config.json");
  });

  test("by a reference in the cache is asked again if that holds none", async () => {
    const reference = join(cache, place, "refs/main");
    mkdirSync(dirname(reference), { recursive: true });
    writeFileSync(reference, "../../../../ESCAPED");
    const { folder } = await obtain();
    expect(folder).toBe(join(cache, place, "snapshots", stubCommit));
    expect(readFileSync(reference, "utf8")).toBe(stubCommit);
    writeFileSync(reference, "../../../../ESCAPED");
    vi.stubEnv("HF_HUB_OFFLINE", "1");
    await expect(obtain()).rejects.toMatchObject({ code: "model-not-found" });
    expect(existsSync(join(outside, "ESCAPED"))).toBe(false);
  });
});

describe("a hub that leads elsewhere", () => {
  test.each(["data:application/json,{}", "file:///etc/hostname", "ftp://host/x", "http://["])(
    "to %s is not followed",
    async (location) => {
      hub.redirectTo(location);
      await expect(obtain()).rejects.toMatchObject({
        code: "download-failed",
        message: expect.stringContaining(`it redirects to ${JSON.stringify(location)}`),
      });
      expect(files(outside)).toEqual(untouched);
    },
  );

  test("by the tag of a file has it no effect on the name", async () => {
    const bytes = readFileSync(join(fixture, "config.json"));
    hub.add("tiny/reranker", "config.json", { bytes, etag: "../../../../ESCAPED" });
    await obtain();
    expect(files(outside).filter((path) => path.includes("ESCAPED"))).toEqual([]);
  });
});

test("a host that sends more than it announced is cut off", async () => {
  const bytes = Buffer.concat([readFileSync(join(fixture, "config.json")), Buffer.alloc(1000)]);
  hub.add("tiny/reranker", "config.json", { bytes, hidesLength: true, announcedBytes: 100 });
  await expect(obtain()).rejects.toThrow("it announced 100 bytes and sent more");
});

describe("a name", () => {
  test.each(["../x", "a/..b", "a/.b", "a/b..c", "a--b/c", "a/b--c", "a/b.", "a-/b", "a", "a/b/c"])(
    "%s is not taken for a repository",
    async (name) => {
      expect(isRepository(name)).toBe(false);
      expect(() => locateModel(name)).toThrow("Expected `model` to be a folder");
      await expect(HubSnapshot.open(name)).rejects.toMatchObject({ code: "invalid-option" });
      expect(hub.requests).toEqual([]);
    },
  );

  test.each(["../../x", "/x", "a//b", "a/./b", "", "a\\b", "C:x", "a\0b", "a\n"])(
    "%j is not taken for a revision or the path of a file",
    async (path) => {
      expect(isInnerPath(path)).toBe(false);
      const opening = HubSnapshot.open("tiny/reranker", { revision: path });
      await expect(opening).rejects.toMatchObject({ code: "invalid-option" });
      const snapshot = await HubSnapshot.open("tiny/reranker", { revision: stubCommit });
      await expect(snapshot.fetchFirst([path])).rejects.toMatchObject({ code: "download-failed" });
      await expect(snapshot.lookUp(path)).rejects.toMatchObject({ code: "download-failed" });
      expect(hub.requests).toEqual([]);
      expect(files(outside)).toEqual(untouched);
    },
  );

  test("of one of the catalogue's repositories, of a pull request and of a deep file is taken", () => {
    expect(isRepository("Alibaba-NLP/gte-reranker-modernbert-base")).toBe(true);
    expect(isRepository("Xenova/bge-small-en-v1.5")).toBe(true);
    for (const path of ["refs/pr/7", "onnx/model.onnx_data", "1_Pooling/config.json", "ä b"]) {
      expect(pathInCache(cache, path)).toBe(join(cache, path));
    }
  });
});

describe("a link in the cache", () => {
  test.each([
    ["of the repository", place],
    ["of the references", `${place}/refs`],
    ["of the snapshots", `${place}/snapshots`],
    ["of a folder of the commit", `${place}/snapshots/${stubCommit}/onnx`],
    ["of a file that is being written", `${place}/snapshots/${stubCommit}/config.json.incomplete`],
    ["of the reference, to nowhere", `${place}/refs/main`],
  ])("%s is not written through", async (_name, path) => {
    const target = join(outside, "target");
    if (!path.endsWith("main")) mkdirSync(target);
    mkdirSync(dirname(join(cache, path)), { recursive: true });
    symlinkSync(target, join(cache, path));
    await expect(obtain()).rejects.toMatchObject({
      code: "download-failed",
      message: expect.stringContaining(`got one at ${join(cache, path)}: nothing was written.`),
    });
    expect(existsSync(target) ? readdirSync(target) : []).toEqual([]);
  });

  test("is followed if it is the cache itself, and if it is a file that is only read", async () => {
    const link = join(outside, "link");
    symlinkSync(cache, link);
    vi.stubEnv("HF_HUB_CACHE", link);
    const { folder } = await obtain();
    expect(await writablePathInCache(link, "a", "b")).toBe(join(link, "a/b"));
    const config = join(folder, "config.json");
    const blob = join(outside, "blob");
    writeFileSync(blob, readFileSync(config));
    rmSync(config);
    symlinkSync(blob, config);
    hub.requests.length = 0;
    expect((await obtain()).folder).toBe(folder);
    expect(hub.requests).toEqual([]);
  });
});

describe("what stands in the way in the cache", () => {
  test.each([
    "refs/main",
    `.sha256/${stubCommit}/config.json`,
    `snapshots/${stubCommit}/config.json.incomplete`,
  ])("a file at %s that has a second hard link is replaced by a new one", async (path) => {
    const elsewhere = join(outside, "elsewhere");
    writeFileSync(elsewhere, "kept");
    mkdirSync(dirname(join(cache, place, path)), { recursive: true });
    linkSync(elsewhere, join(cache, place, path));
    await obtain();
    expect(readFileSync(elsewhere, "utf8")).toBe("kept");
  });

  test.skipIf(process.platform === "win32").each([
    ["a named pipe", (path: string) => execFileSync("mkfifo", [path])],
    ["a folder", (path: string) => mkdirSync(path)],
  ])("%s is no file to write, and nobody waits for it", async (_name, make) => {
    for (const path of ["refs/main", `snapshots/${stubCommit}/config.json.incomplete`]) {
      mkdirSync(dirname(join(cache, place, path)), { recursive: true });
      make(join(cache, place, path));
      await expect(obtain()).rejects.toMatchObject({
        code: "download-failed",
        message: expect.stringContaining(
          `Expected a file of the model cache at ${join(cache, place, path)}`,
        ),
      });
      rmSync(join(cache, place, path), { recursive: true });
    }
  });

  test("a file in place of a folder is named", async () => {
    writeFileSync(join(cache, place), "");
    await expect(obtain()).rejects.toMatchObject({
      code: "download-failed",
      message: expect.stringContaining(
        `Expected a folder of the model cache at ${join(cache, place)}`,
      ),
    });
  });
});
