import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import type { DownloadProgress } from "../../../src/model/files/hub-file.ts";
import { HubSnapshot } from "../../../src/model/files/hub-snapshot.ts";
import { obtainModel, plannedDownload } from "../../../src/model/files/model-files.ts";
import { tinyModel } from "../../fixtures/golden.ts";
import { HubStub, sha256, stubCommit, type StubFile } from "./hub-stub.ts";

const fixture = tinyModel("tiny-bert-reranker");
const graphFile = "onnx/model.onnx";
const original = (path: string): Buffer => readFileSync(join(fixture, path));
const graph = original(graphFile);
const needed = ["config.json", "tokenizer.json", "tokenizer_config.json", graphFile];
let hub: HubStub;
let cache: string;

beforeAll(async () => {
  hub = await HubStub.start();
});
beforeEach(() => {
  cache = mkdtempSync(join(tmpdir(), "hub-cache-"));
  hub.reset();
  hub.addFolder("tiny/reranker", fixture);
  vi.stubEnv("HF_ENDPOINT", hub.url);
  vi.stubEnv("HF_HUB_CACHE", cache);
  vi.stubEnv("HF_TOKEN_PATH", join(cache, "no-token"));
  for (const name of ["HF_TOKEN", "HF_HUB_OFFLINE"]) vi.stubEnv(name, undefined);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(cache, { recursive: true, force: true });
});
afterAll(() => hub.close());

const obtain = (options = {}): ReturnType<typeof obtainModel> =>
  obtainModel("tiny/reranker", ["fp32"], options);
const cached = (path: string): string =>
  join(cache, "models--tiny--reranker/snapshots", stubCommit, path);
/** Waits until something has happened at the hub or on the disk. */
const until = (happened: () => boolean): Promise<void> =>
  vi.waitFor(() => expect(happened()).toBe(true), { timeout: 20_000 });
const gets = (file: string): (string | undefined)[] =>
  hub.requests
    .filter((each) => each.method === "GET" && each.file === file && each.host === "storage")
    .map(({ range }) => range);
const bytesOf = (path: string): Buffer => readFileSync(cached(path));
const hashOf = (path: string): string => sha256(bytesOf(path));

describe("a model of the hub", () => {
  test("is fetched byte for byte into the layout of Hugging Face's cache", async () => {
    const files = await obtain();
    expect(files).toMatchObject({ graphPath: cached(graphFile), dtype: "fp32" });
    for (const path of needed) expect(hashOf(path)).toBe(sha256(original(path)));
    const reference = join(cache, "models--tiny--reranker/refs/main");
    expect(readFileSync(reference, "utf8")).toBe(stubCommit);
    expect(existsSync(cached(`${graphFile}.incomplete`))).toBe(false);
    expect(existsSync(cached(`${graphFile}.lock`))).toBe(false);
  });

  test("is opened from the disk the second time, absent files included", async () => {
    await obtain();
    expect(hub.requests.filter(({ file }) => file === "modules.json")).toHaveLength(1);
    hub.requests.length = 0;
    await obtain();
    expect(hub.requests).toEqual([]);
  });

  test("is downloaded once by two calls at the same time", async () => {
    const [first, second] = await Promise.all([obtain(), obtain()]);
    expect(second).toEqual(first);
    // Each file once, behind one redirect.
    expect(hub.requests.filter(({ method }) => method === "GET")).toHaveLength(needed.length * 2);
  });

  test("comes in the first dtype that it has", async () => {
    const int8 = await obtainModel("tiny/reranker", ["int8", "fp32"]);
    expect(int8.graphPath).toBe(cached("onnx/model_int8.onnx"));
    const fp32 = await obtainModel("tiny/reranker", ["fp16", "fp32"]);
    expect(fp32.graphPath).toBe(cached(graphFile));
  });

  test("is asked for under the name of the repository that holds the ONNX files", async () => {
    hub.addFolder("Xenova/ms-marco-TinyBERT-L-2-v2", fixture);
    const { folder, settings } = await obtainModel("MS-MARCO-TinyBERT-L2-v2", ["fp32"]);
    expect(folder).toContain("models--Xenova--ms-marco-TinyBERT-L-2-v2");
    expect(settings.truncation).toBe("longest-first");
  });

  test("is found under the new name of a renamed repository", async () => {
    hub.rename("old/name", "tiny/reranker");
    const { graphPath } = await obtainModel("old/name", ["fp32"]);
    expect(sha256(readFileSync(graphPath))).toBe(sha256(graph));
  });

  test("brings the files that hold its weights", async () => {
    hub.add("tiny/reranker", graphFile, externalFixture("model.onnx"));
    hub.add("tiny/reranker", `${graphFile}_data`, externalFixture("model.onnx_data"));
    const { graph: facts } = await obtain();
    expect(facts.externalData).toEqual(["model.onnx_data"]);
    expect(bytesOf(`${graphFile}_data`)).toEqual(externalFixture("model.onnx_data").bytes);
  });

  test("whose weights are said to lie outside the repository is refused, and they are not asked for", async () => {
    const { bytes } = externalFixture("model.onnx");
    // As long as the right name, so that the structure stays whole.
    const hostile = bytes.toString("latin1").replace("model.onnx_data", "../../../secret");
    hub.add("tiny/reranker", graphFile, { bytes: Buffer.from(hostile, "latin1") });
    await expect(obtain()).rejects.toMatchObject({
      code: "download-failed",
      cause: {
        message: expect.stringContaining("its weights are outside its folder: ../../../secret"),
      },
    });
    expect(hub.requests.filter(({ file }) => file.includes("secret"))).toEqual([]);
    expect(existsSync(cached(graphFile))).toBe(false);
  });

  test("whose weights the repository does not hold is an error that names them", async () => {
    hub.add("tiny/reranker", graphFile, externalFixture("model.onnx"));
    await expect(obtain()).rejects.toThrow(
      "Expected onnx/model.onnx_data in tiny/reranker, which has no such file",
    );
  });

  test("reports bytes that only grow and end at the size, also if some come again", async () => {
    hub.add("tiny/reranker", graphFile, { bytes: graph, ignoresRange: true });
    hub.fail("GET", graphFile, { cutAfter: 100_000 });
    const events: DownloadProgress[] = [];
    await obtain({ onProgress: (progress: DownloadProgress) => events.push(progress) });
    expect(new Set(events.map(({ file }) => file))).toEqual(new Set(needed));
    for (const path of needed) {
      const mine = events.filter(({ file }) => file === path);
      const loaded = mine.map(({ loadedBytes }) => loadedBytes);
      const { length } = bytesOf(path);
      expect(loaded).toEqual([...new Set(loaded)].toSorted((a, b) => a - b));
      expect(mine.at(-1)).toEqual({
        model: "tiny/reranker",
        file: path,
        loadedBytes: length,
        totalBytes: length,
      });
    }
  });
});

const fileOfT5 = (name: string): StubFile => ({
  bytes: readFileSync(join(tinyModel("tiny-t5-reranker"), name)),
});

test("a monoT5 without ONNX files is refused with the command that exports it", async () => {
  hub.add("tiny/t5", "config.json", fileOfT5("config.json"));
  const command = "`optimum-cli export onnx --task text2text-generation --model tiny/t5 FOLDER`";
  const withoutTokenizer = obtainModel("tiny/t5", ["fp32"]);
  await expect(withoutTokenizer).rejects.toThrow(
    "Expected tokenizer.json in tiny/t5, which has no",
  );
  await expect(withoutTokenizer).rejects.toThrow(command);
  rmSync(cache, { recursive: true });
  hub.add("tiny/t5", "tokenizer.json", fileOfT5("tokenizer.json"));
  const withoutGraphs = obtainModel("tiny/t5", ["fp32"]);
  await expect(withoutGraphs).rejects.toThrow("Expected one of onnx/encoder_model.onnx");
  await expect(withoutGraphs).rejects.toThrow(command);
});

describe("a planned download", () => {
  test("names files and sizes of the first dtype there is, without fetching any", async () => {
    const plan = await plannedDownload("tiny/reranker", ["fp16", "fp32", "int8"]);
    expect(plan).toEqual(needed.map((file) => ({ file, bytes: original(file).length })));
    expect(hub.requests.filter(({ method }) => method !== "HEAD")).toEqual([]);
    expect(existsSync(cached("config.json"))).toBe(false);
  });

  test("is empty once the model is there, and sends no request", async () => {
    await obtain();
    hub.requests.length = 0;
    expect(await plannedDownload("tiny/reranker", ["fp32"])).toEqual([]);
    expect(hub.requests).toEqual([]);
  });

  test("counts weights outside the graph, before and after the graph is there", async () => {
    hub.add("tiny/reranker", graphFile, externalFixture("model.onnx"));
    hub.add("tiny/reranker", `${graphFile}_data`, externalFixture("model.onnx_data"));
    const weights = { file: `${graphFile}_data`, bytes: 4 };
    expect(await plannedDownload("tiny/reranker", ["fp32"])).toContainEqual(weights);
    await obtain();
    expect(await plannedDownload("tiny/reranker", ["fp32"])).toEqual([]);
    rmSync(cached(`${graphFile}_data`));
    expect(await plannedDownload("tiny/reranker", ["fp32"])).toEqual([weights]);
  });

  test("counts both graphs of an encoder and a decoder, which are then fetched", async () => {
    hub.addFolder("tiny/t5", tinyModel("tiny-t5-reranker"));
    const graphs = ["onnx/encoder_model.onnx", "onnx/decoder_model.onnx"];
    const plan = await plannedDownload("tiny/t5", ["fp32"]);
    expect(plan.flatMap(({ file }) => (file.endsWith(".onnx") ? [file] : []))).toEqual(graphs);
    const { graphPath, decoder } = await obtainModel("tiny/t5", ["fp32"]);
    for (const [index, path] of [graphPath, decoder?.graphPath ?? ""].entries()) {
      const name = graphs[index] ?? "";
      expect(path.endsWith(name)).toBe(true);
      expect(readFileSync(path)).toEqual(readFileSync(join(tinyModel("tiny-t5-reranker"), name)));
    }
    expect(await plannedDownload("tiny/t5", ["fp32"])).toEqual([]);
  });

  test("is empty for a folder", async () => {
    expect(await plannedDownload(fixture, ["fp32"])).toEqual([]);
  });
});

describe("a download that is cut", () => {
  test("continues where it stopped, and the file is complete", async () => {
    hub.fail("GET", graphFile, { cutAfter: 100_000 });
    await obtain();
    expect(gets(graphFile)).toEqual([undefined, "bytes=100000-"]);
    expect(hashOf(graphFile)).toBe(sha256(graph));
  });

  test("without an error, as if the file were complete, continues, too", async () => {
    hub.fail("GET", graphFile, { endAfter: 100_000 });
    await obtain();
    expect(gets(graphFile)).toEqual([undefined, "bytes=100000-"]);
    expect(hashOf(graphFile)).toBe(sha256(graph));
  });

  test("after its last byte is not fetched again", async () => {
    mkdirSync(dirname(cached(graphFile)), { recursive: true });
    writeFileSync(cached(`${graphFile}.incomplete`), graph);
    const events: DownloadProgress[] = [];
    await obtain({ onProgress: (progress: DownloadProgress) => events.push(progress) });
    expect(gets(graphFile)).toEqual([]);
    expect(events.at(-1)).toMatchObject({ file: graphFile, loadedBytes: graph.length });
  });

  test("starts again at a host that cannot continue", async () => {
    hub.add("tiny/reranker", graphFile, { bytes: graph, ignoresRange: true });
    hub.fail("GET", graphFile, { cutAfter: 100_000 });
    await obtain();
    expect(hashOf(graphFile)).toBe(sha256(graph));
  });

  test("every time is an error that says so, and the next call continues", async () => {
    hub.fail("GET", graphFile, { cutAfter: 10_000 }, Infinity);
    await expect(obtain()).rejects.toMatchObject({
      code: "download-failed",
      message: `Could not fetch onnx/model.onnx of tiny/reranker from ${hub.url}: the connection broke 5 times. Try again, set HF_ENDPOINT to a mirror, or pass a local folder as \`model\`.`,
    });
    const came = bytesOf(`${graphFile}.incomplete`);
    expect(came.length).toBeGreaterThan(10_000);
    hub.recover();
    await obtain();
    expect(gets(graphFile).at(-1)).toBe(`bytes=${came.length}-`);
    expect(hashOf(graphFile)).toBe(sha256(graph));
  });

  test("after its last byte, at a host that announces no length, starts again", async () => {
    const bytes = original("tokenizer.json");
    hub.add("tiny/reranker", "tokenizer.json", { bytes, hidesLength: true });
    mkdirSync(cached("."), { recursive: true });
    writeFileSync(cached("tokenizer.json.incomplete"), bytes);
    await obtain();
    expect(hashOf("tokenizer.json")).toBe(sha256(bytes));
  });

  test("before it began is begun once more", async () => {
    hub.fail("HEAD", "config.json", { cutAfter: 0 });
    expect((await obtain()).graphPath).toBe(cached(graphFile));
  });

  test("by its caller rejects with the reason at once, and leaves what came", async () => {
    hub.fail("GET", graphFile, { stallAfter: 100_000 });
    const controller = new AbortController();
    const reason = new Error("The user has gone.");
    const onProgress = ({ loadedBytes }: DownloadProgress): void => {
      if (loadedBytes === 100_000) controller.abort(reason);
    };
    await expect(obtain({ onProgress, signal: controller.signal })).rejects.toBe(reason);
    expect(bytesOf(`${graphFile}.incomplete`).length).toBe(100_000);
    await obtain();
    expect(gets(graphFile)).toEqual([undefined, "bytes=100000-"]);
    expect(hashOf(graphFile)).toBe(sha256(graph));
  });

  test("by its caller before any answer rejects at once", async () => {
    hub.fail("HEAD", "config.json", { stallAfter: 0 });
    const controller = new AbortController();
    const aborted = obtain({ signal: controller.signal });
    await until(() => hub.requests.length === 2);
    controller.abort();
    await expect(aborted).rejects.toThrow("This operation was aborted");
  });

  test("by one of two callers leaves the other one's alone", async () => {
    hub.fail("GET", graphFile, { stallAfter: 100_000 });
    const controller = new AbortController();
    const first = obtain();
    await until(() => existsSync(cached(`${graphFile}.incomplete`)));
    const second = obtain({ signal: controller.signal });
    const lookUps = (): number =>
      hub.requests.filter(({ method, file }) => method === "HEAD" && file === graphFile).length;
    await until(() => lookUps() === 2);
    controller.abort();
    await expect(second).rejects.toThrow("This operation was aborted");
    hub.recover();
    expect((await first).graphPath).toBe(cached(graphFile));
    expect(hashOf(graphFile)).toBe(sha256(graph));
  });
});

describe("a hub that is busy", () => {
  test.each([
    { status: 429, retryAfter: "0" },
    { status: 500, retryAfter: undefined },
    { status: 503, retryAfter: "0" },
  ])("with HTTP $status is asked again", async ({ status, retryAfter }) => {
    const fault = retryAfter === undefined ? { status } : { status, retryAfter };
    hub.fail("HEAD", "config.json", fault);
    hub.fail("GET", graphFile, fault);
    expect((await obtain()).graphPath).toBe(cached(graphFile));
  });

  test.each([
    ["HEAD", "config.json", 429, "it answered HTTP 429 (too many requests: try again later)"],
    ["GET", graphFile, 429, "it answered HTTP 429 (too many requests: try again later)"],
    ["GET", graphFile, 502, "it answered HTTP 502 (try again later)"],
  ])("at every %s of %s with HTTP %i is an error", async (method, file, status, message) => {
    hub.fail(method, file, { status, retryAfter: "0" }, Infinity);
    await expect(obtain()).rejects.toMatchObject({
      code: "download-failed",
      message: expect.stringContaining(message),
    });
    const asked = hub.requests.filter((each) => each.method === method && each.file === file);
    expect(asked).toHaveLength(5);
  });

  test("is waited for as long as it wishes, but not for an aborted call", async () => {
    hub.fail("GET", graphFile, { status: 429, retryAfter: "20" });
    const controller = new AbortController();
    const aborted = obtain({ signal: controller.signal });
    await until(() =>
      hub.requests.some((each) => each.method === "GET" && each.file === graphFile),
    );
    hub.addFolder("tiny/other", fixture);
    await obtainModel("tiny/other", ["fp32"]); // So long it waits at least.
    controller.abort();
    await expect(aborted).rejects.toThrow("This operation was aborted");
    expect(gets(graphFile)).toHaveLength(1);
  });
});

describe("a hub that refuses", () => {
  test.each([401, 403])("with HTTP %i says how to get access", async (status) => {
    hub.fail("HEAD", "config.json", { status }, Infinity);
    await expect(obtain()).rejects.toMatchObject({
      code: "model-access-denied",
      message: `${hub.url} denies access to tiny/reranker (HTTP ${status}): check the name; if the model is gated, accept its terms there and set HF_TOKEN.`,
    });
  });

  test("a name that it does not know asks to check the name", async () => {
    await expect(obtainModel("tiny/rerankre", ["fp32"])).rejects.toMatchObject({
      code: "model-access-denied",
      message: expect.stringContaining("denies access to tiny/rerankre (HTTP 401): check the name"),
    });
  });

  test.each(["config.json", "tokenizer.json"])("to have a %s names it", async (path) => {
    hub.remove("tiny/reranker", path);
    await expect(obtain()).rejects.toMatchObject({
      code: "model-not-found",
      message: expect.stringMatching(new RegExp(`${path} in tiny/reranker`)),
    });
  });

  test("to have a wanted dtype names the paths that were looked for", async () => {
    await expect(obtainModel("tiny/reranker", ["fp16"])).rejects.toMatchObject({
      code: "model-not-found",
      message: expect.stringContaining(
        "Expected one of onnx/model_fp16.onnx, model_fp16.onnx in tiny/reranker, which has no such file",
      ),
    });
  });

  test("to be reached is an error that names it", async () => {
    vi.stubEnv("HF_ENDPOINT", "http://127.0.0.1:9");
    await expect(obtain()).rejects.toMatchObject({
      code: "download-failed",
      message: expect.stringContaining("from http://127.0.0.1:9: the host could not be reached"),
    });
  });
});

describe("a file that is not what was announced", () => {
  const cut = graph.subarray(0, 150_000);
  const page = Buffer.from("<!doctype html><title>Sign in</title>");

  test.each([
    ["a graph with another hash", graphFile, cut, sha256(graph), "the hash of the file differs"],
    ["a cut graph without a hash", graphFile, cut, "", "the downloaded file is damaged"],
    ["a page in place of JSON", "config.json", page, "", "the downloaded file is damaged"],
    [
      "a page with a small file's hash",
      "config.json",
      page,
      "0".repeat(40),
      "the hash of the file differs",
    ],
  ])("%s is refused, and fetched again", async (_name, path, bytes, etag, message) => {
    hub.add("tiny/reranker", path, { bytes, etag });
    await expect(obtain()).rejects.toMatchObject({
      code: "download-failed",
      message: expect.stringContaining(message),
    });
    for (const left of [path, `${path}.incomplete`]) expect(existsSync(cached(left))).toBe(false);
    hub.addFolder("tiny/reranker", fixture);
    await obtain();
    expect(hashOf(path)).toBe(sha256(original(path)));
  });

  test("has no announced length, and is fetched whole", async () => {
    const bytes = original("config.json");
    hub.add("tiny/reranker", "config.json", { bytes, hidesLength: true, etag: "" });
    const events: DownloadProgress[] = [];
    await obtain({ onProgress: (progress: DownloadProgress) => events.push(progress) });
    expect(hashOf("config.json")).toBe(sha256(bytes));
    expect(events[0]).toMatchObject({ loadedBytes: bytes.length, totalBytes: Number.NaN });
  });
});

test("a cache tells whether it holds a graph of a repository", async () => {
  expect(HubSnapshot.hasGraph("tiny/reranker")).toBe(false);
  const snapshot = await HubSnapshot.open("tiny/reranker");
  expect(await snapshot.fetchFirst(["no.json", "config.json"])).toBe("config.json");
  expect(HubSnapshot.hasGraph("tiny/reranker")).toBe(false);
  await obtain();
  expect(HubSnapshot.hasGraph("tiny/reranker")).toBe(true);
  expect(HubSnapshot.hasGraph("tiny/embedder")).toBe(false);
});

function externalFixture(name: string): { bytes: Buffer } {
  return {
    bytes: readFileSync(join(import.meta.dirname, "../../fixtures/graphs/external-data", name)),
  };
}
