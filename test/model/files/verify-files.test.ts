import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { afterEach, expect, onTestFinished, test, vi } from "vitest";
import { findOnDisk, modelsOnDisk } from "../../../src/model/files/models-on-disk.ts";
import { obtainModel } from "../../../src/model/files/model-files.ts";
import { verifyFiles } from "../../../src/model/files/verify-files.ts";
import { tinyModel } from "../../fixtures/golden.ts";
import { temporaryFolder } from "../../vector-store/temporary-folder.ts";
import { HubStub, stubCommit } from "./hub-stub.ts";

afterEach(() => vi.unstubAllEnvs());

/** A cache with a tiny reranker that came from a hub; gives the folder of its files. */
async function fetchedModel(): Promise<string> {
  const hub = await HubStub.start();
  onTestFinished(() => hub.close());
  hub.addFolder("tiny/reranker", tinyModel("tiny-bert-reranker"));
  vi.stubEnv("HF_ENDPOINT", hub.url);
  vi.stubEnv("HF_HUB_CACHE", await temporaryFolder());
  return (await obtainModel("tiny/reranker", ["fp32"])).folder;
}

async function statesIn(folder: string): Promise<Record<string, string>> {
  return Object.fromEntries(
    (await verifyFiles(folder)).map(({ path, state }) => [path, state] as const),
  );
}

test("every file that was fetched from a hub is the same as when it came", async () => {
  const folder = await fetchedModel();
  expect(await statesIn(folder)).toEqual({
    "config.json": "same",
    "onnx/model.onnx": "same",
    "tokenizer.json": "same",
    "tokenizer_config.json": "same",
  });
});

test("a flipped bit in a fetched file is a change, and a record that is not a hash is ignored", async () => {
  const folder = await fetchedModel();
  const graph = join(folder, "onnx/model.onnx");
  const bytes = readFileSync(graph);
  bytes[1000] = (bytes[1000] ?? 0) ^ 1;
  writeFileSync(graph, bytes);
  writeFileSync(join(folder, "../../.sha256", stubCommit, "config.json"), "cut");
  expect(await statesIn(folder)).toMatchObject({
    "config.json": "unrecorded",
    "onnx/model.onnx": "changed",
    "tokenizer.json": "same",
  });
});

test("a link to a blob is compared with the blob's name, by SHA-256 or git's SHA-1", async () => {
  const place = join(await temporaryFolder(), "models--tiny--reranker");
  const folder = join(place, "snapshots", stubCommit);
  mkdirSync(folder, { recursive: true });
  mkdirSync(join(place, "blobs"));
  const link = (name: string, blob: string, text?: string): void => {
    if (text !== undefined) writeFileSync(join(place, "blobs", blob), text);
    symlinkSync(`../../blobs/${blob}`, join(folder, name));
  };
  link("a.onnx", createHash("sha256").update("graph").digest("hex"), "graph");
  link("b.json", createHash("sha1").update("blob 2\0{}").digest("hex"), "{}");
  link("c.json", createHash("sha1").update("blob 2\0[]").digest("hex"), "{}");
  link("d.json", "0".repeat(40));
  expect(await statesIn(folder)).toEqual({
    "a.onnx": "same",
    "b.json": "same",
    "c.json": "changed",
    "d.json": "missing",
  });
});

test("files of a folder without recorded hashes are reported as such, and downloads in progress left out", async () => {
  const folder = await temporaryFolder();
  for (const name of ["config.json", "model.onnx.incomplete"])
    writeFileSync(join(folder, name), "{}");
  expect(await statesIn(folder)).toEqual({ "config.json": "unrecorded" });
});

test("a hub model with a graph is on the disk, and one that was not fetched is an error", async () => {
  const folder = await fetchedModel();
  const expected = { name: "tiny/reranker", folder };
  expect(modelsOnDisk()).toContainEqual(expected);
  expect(findOnDisk("tiny/reranker")).toEqual([expected]);
  expect(() => findOnDisk("tiny/other")).toThrow(
    /^Expected tiny\/other on this disk, found none of its ONNX graphs in .*: run `npx langchain-rerank models pull tiny\/other` first\.$/,
  );
  const empty = await temporaryFolder();
  expect(() => findOnDisk(empty)).toThrow(`Expected a model in ${empty}, found no config.json`);
});
