import { createHash } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { homedir, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { readHubSettings } from "../../../src/model/files/hub-settings.ts";
import { HubSnapshot } from "../../../src/model/files/hub-snapshot.ts";
import { obtainModel } from "../../../src/model/files/model-files.ts";
import { tinyModel } from "../../fixtures/golden.ts";
import { HubStub, stubCommit } from "./hub-stub.ts";

const fixture = tinyModel("tiny-bert-reranker");
let hub: HubStub;
let folder: string;

beforeAll(async () => {
  hub = await HubStub.start();
});
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "hub-home-"));
  hub.reset();
  hub.addFolder("tiny/reranker", fixture);
  vi.stubEnv("HF_ENDPOINT", hub.url);
  vi.stubEnv("HF_HOME", folder);
  for (const name of ["HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "HF_TOKEN", "HF_TOKEN_PATH"]) {
    vi.stubEnv(name, undefined);
  }
  vi.stubEnv("HF_HUB_OFFLINE", undefined);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});
afterAll(() => hub.close());

const obtain = (): ReturnType<typeof obtainModel> => obtainModel("tiny/reranker", ["fp32"]);
const root = (): string => join(folder, "hub/models--tiny--reranker");
const tokensAt = (host: string): Set<string | undefined> =>
  new Set(hub.requests.filter((each) => each.host === host).map((each) => each.authorization));

describe("readHubSettings", () => {
  test("without variables is the public hub and the cache in the home folder", () => {
    const { endpoint, cacheFolder, isOffline } = readHubSettings({});
    expect(endpoint).toBe("https://huggingface.co");
    expect(cacheFolder).toBe(join(homedir(), ".cache/huggingface/hub"));
    expect(isOffline).toBe(false);
  });

  test.each([
    [{ XDG_CACHE_HOME: "/x" }, "/x/huggingface/hub"],
    [{ XDG_CACHE_HOME: "/x", HF_HOME: "/h" }, "/h/hub"],
    [{ HF_HOME: "/h", HUGGINGFACE_HUB_CACHE: "/old" }, "/old"],
    [{ HF_HOME: "/h", HUGGINGFACE_HUB_CACHE: "/old", HF_HUB_CACHE: "/c" }, "/c"],
    [{ HF_HUB_CACHE: "", HF_HOME: " ", XDG_CACHE_HOME: "/x" }, "/x/huggingface/hub"],
  ])("%o keeps models in %s", (env, cacheFolder) => {
    expect(readHubSettings(env).cacheFolder).toBe(cacheFolder);
  });

  test("takes the endpoint without the slashes at its end", () => {
    const env = { HF_ENDPOINT: "https://mirror.example/hf//" };
    expect(readHubSettings(env).endpoint).toBe("https://mirror.example/hf");
  });

  test.each([
    ["1", true],
    ["ON", true],
    ["true", true],
    ["0", false],
    ["", false],
    ["no", false],
  ])("HF_HUB_OFFLINE=%s is offline: %s", (value, isOffline) => {
    expect(readHubSettings({ HF_HUB_OFFLINE: value }).isOffline).toBe(isOffline);
  });

  test("takes the token from HF_TOKEN, else from a file, and ignores an empty one", () => {
    const [own, other] = [join(folder, "token"), join(folder, "other")];
    expect(readHubSettings({ HF_HOME: folder }).token).toBeUndefined();
    writeFileSync(own, "hf_home\n");
    writeFileSync(other, "hf_other\n");
    expect(readHubSettings({ HF_HOME: folder }).token).toBe("hf_home");
    expect(readHubSettings({ HF_HOME: folder, HF_TOKEN: "" }).token).toBe("hf_home");
    const env = { HF_HOME: folder, HF_TOKEN_PATH: other };
    expect(readHubSettings(env).token).toBe("hf_other");
    expect(readHubSettings({ ...env, HF_TOKEN: " hf_env\n" }).token).toBe("hf_env");
    writeFileSync(own, "\n");
    expect(readHubSettings({ HF_HOME: folder }).token).toBeUndefined();
  });
});

describe("a token", () => {
  test("goes to the hub, and not to the host that it redirects to", async () => {
    vi.stubEnv("HF_TOKEN", "hf_secret");
    await obtain();
    expect(tokensAt("hub")).toEqual(new Set(["Bearer hf_secret"]));
    expect(tokensAt("storage")).toEqual(new Set([undefined]));
  });

  test("is not sent if there is none", async () => {
    await obtain();
    expect(tokensAt("hub")).toEqual(new Set([undefined]));
  });
});

describe("a mirror", () => {
  const mirror = createServer((request, response) => {
    response.writeHead(302, { location: `${hub.url}${request.url}` }).end();
  });
  beforeAll(async () => {
    mirror.listen(0, "127.0.0.1");
    await once(mirror, "listening");
  });
  afterAll(() => mirror.close());

  test("that leads elsewhere is followed there, without the token", async () => {
    const address = mirror.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    vi.stubEnv("HF_ENDPOINT", `http://127.0.0.1:${port}`);
    vi.stubEnv("HF_TOKEN", "hf_secret");
    const { graphPath } = await obtain();
    const graph = readFileSync(join(fixture, "onnx/model.onnx"));
    expect(readFileSync(graphPath).equals(graph)).toBe(true);
    expect(tokensAt("hub")).toEqual(new Set([undefined]));
  });

  test("may announce the bare SHA-1 of a small file", async () => {
    const bytes = readFileSync(join(fixture, "config.json"));
    const etag = createHash("sha1").update(bytes).digest("hex");
    hub.add("tiny/reranker", "config.json", { bytes, etag });
    expect((await obtain()).dtype).toBe("fp32");
  });
});

describe("HF_HUB_OFFLINE", () => {
  beforeEach(() => vi.stubEnv("HF_HUB_OFFLINE", "1"));

  test("sends no request, and the error says where to fetch the model and how", async () => {
    await expect(obtain()).rejects.toMatchObject({
      code: "model-not-found",
      message: `config.json of tiny/reranker is not in ${join(folder, "hub")} and HF_HUB_OFFLINE forbids fetching it: run \`npx langchain-rerank models pull tiny/reranker\` on a machine with network access, or pass a local folder.`,
    });
    expect(hub.requests).toEqual([]);
  });

  test("opens what was fetched before, and names what was not", async () => {
    vi.stubEnv("HF_HUB_OFFLINE", "0");
    const before = await obtain();
    hub.requests.length = 0;
    vi.stubEnv("HF_HUB_OFFLINE", "1");
    expect(await obtain()).toEqual(before);
    await expect(obtainModel("tiny/reranker", ["int8"])).rejects.toThrow(
      /onnx\/model_int8\.onnx.* of tiny\/reranker in .*, and HF_HUB_OFFLINE forbids fetching it: run `npx langchain-rerank models pull tiny\/reranker`/,
    );
    expect(hub.requests).toEqual([]);
  });
});

describe("the cache", () => {
  test("lies in HF_HOME", async () => {
    expect((await obtain()).folder).toBe(join(root(), "snapshots", stubCommit));
  });

  test("remembers what the repository does not have, as Hugging Face's own library does", async () => {
    await obtain();
    expect(existsSync(join(root(), ".no_exist", stubCommit, "modules.json"))).toBe(true);
  });

  test("with a reference that is still empty asks the hub", async () => {
    const reference = join(root(), "refs/main");
    mkdirSync(dirname(reference), { recursive: true });
    writeFileSync(reference, "");
    expect((await obtain()).folder).toContain(stubCommit);
  });

  test("with a damaged reference asks the hub, and repairs it", async () => {
    const before = await obtain();
    const reference = join(root(), "refs/main");
    for (const damaged of [stubCommit.replace("0", "f"), stubCommit.slice(1), "\0".repeat(40)]) {
      writeFileSync(reference, damaged);
      expect(await obtain()).toEqual(before);
      expect(readFileSync(reference, "utf8")).toBe(stubCommit);
    }
  });

  test("keeps branches apart, and a branch that there is not is an error", async () => {
    const snapshot = await HubSnapshot.open("tiny/reranker", { revision: stubCommit });
    expect(snapshot.folder).toContain(stubCommit);
    await expect(HubSnapshot.open("tiny/reranker", { revision: "refs/pr/7" })).rejects.toThrow(
      `${hub.url} has no config.json in tiny/reranker at revision refs/pr/7: check the name`,
    );
    expect(existsSync(join(root(), "refs/refs/pr/7"))).toBe(false);
  });
});
