import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ChromaClient } from "chromadb";
import { expect, onTestFinished, test } from "vitest";
import type { Finding } from "../../src/cli/doctor/finding.ts";
import { openChroma } from "../../src/vector-store/open-chroma.ts";
import { tinyModel } from "../fixtures/golden.ts";
import { HashEmbeddings } from "../vector-store/hash-embeddings.ts";
import { temporaryFolder } from "../vector-store/temporary-folder.ts";
import { runCommand, type Outcome } from "../cli/run-command.ts";

const bundled = join(import.meta.dirname, "../../models/rerank-minilm-l3");

interface Examined {
  readonly code: number | null;
  readonly findings: readonly Finding[];
  readonly cost: unknown;
}

async function doctor(...args: readonly string[]): Promise<Examined> {
  const { code, stdout, stderr } = await runCommand(await temporaryFolder(), [
    "doctor",
    "--json",
    ...args,
  ]);
  expect(stderr).toBe("");
  return { code, ...JSON.parse(stdout) };
}

async function verify(folder: string): Promise<Outcome> {
  return runCommand(await temporaryFolder(), ["models", "verify", folder]);
}

const problemsOf = ({ findings }: Examined): string[] =>
  findings.flatMap(({ verdict, what }) => (verdict === "problem" ? [what] : []));

/** A copy of a bundled model in which a file was changed. */
async function copyWith(file: string, change: (bytes: Buffer) => Uint8Array): Promise<string> {
  const folder = await temporaryFolder();
  cpSync(bundled, folder, { recursive: true });
  writeFileSync(join(folder, file), change(readFileSync(join(folder, file))));
  return folder;
}

test("a healthy machine has no problem, and recorded logits come out", async () => {
  const examined = await doctor("--model", "rerank-minilm-l3");
  expect([examined.code, problemsOf(examined)]).toEqual([0, []]);
  expect(examined.findings).toContainEqual(
    expect.objectContaining({ what: "golden pairs: logits", verdict: "ok" }),
  );
  expect(examined.cost).toEqual({
    pairsPerSecond: expect.any(Number),
    msFor50: expect.any(Number),
    msFor100: expect.any(Number),
  });
});

test("the tokenizer of another model is named by its hash, its size and its scores", async () => {
  const other = join(tinyModel("tiny-bert-reranker"), "tokenizer.json");
  const folder = await copyWith("tokenizer.json", () => readFileSync(other));
  const examined = await doctor("--model", folder);
  expect(examined.code).toBe(1);
  expect(problemsOf(examined)).toEqual(
    expect.arrayContaining([
      `files of ${folder}`,
      `tokenizer of ${folder}`,
      "golden pairs: logits",
    ]),
  );
  const { code, stdout } = await verify(folder);
  expect(code).toBe(1);
  expect(stdout).toContain("tokenizer.json changed since the hash was recorded");
  expect(stdout).toContain("it has 620 token ids, but config.json says 30522");
});

test("a flipped bit in a copy of a bundled model is named with its file", async () => {
  const folder = await copyWith("onnx/model_int8.onnx", (bytes) => {
    bytes[1_000_000] = (bytes[1_000_000] ?? 0) ^ 1;
    return bytes;
  });
  const examined = await doctor("--model", folder);
  expect([examined.code, problemsOf(examined)]).toEqual([1, [`files of ${folder}`]]);
  expect((await verify(folder)).stdout).toContain(
    "onnx/model_int8.onnx changed since the hash was recorded",
  );
});

test("every bundled model is verified if no name is given", async () => {
  const cache = await temporaryFolder();
  const env = { HF_HUB_CACHE: cache };
  const { code, stdout } = await runCommand(cache, ["models", "verify"], env);
  expect(code).toBe(0);
  for (const name of ["all-MiniLM-L6-v2", "rerank-minilm-l3", "rerank-minilm-l6"]) {
    expect(stdout).toMatch(new RegExp(`ok +files of ${name} +(\\d+) of \\1 match`));
  }
});

test("an L2 collection of a store is named, in its folder and at its server", async () => {
  const path = await temporaryFolder();
  const store = await openChroma(new HashEmbeddings(), { collectionName: "fine", path });
  onTestFinished(() => store.close());
  const client = new ChromaClient({ host: "127.0.0.1", port: Number(new URL(store.url).port) });
  const model = ["--model", "rerank-minilm-l3"];
  const healthy = await doctor(...model, "--store", path);
  expect([healthy.code, problemsOf(healthy)]).toEqual([0, []]);
  await client.createCollection({ name: "distances", embeddingFunction: null });
  for (const where of [path, store.url]) {
    const examined = await doctor(...model, "--store", where);
    expect([examined.code, problemsOf(examined)]).toEqual([1, ["collection distances"]]);
  }
});

test("int8 is compared with fp32 if both are there", async () => {
  const examined = await doctor("--model", tinyModel("tiny-bert-reranker"));
  expect(examined.findings).toContainEqual(
    expect.objectContaining({
      what: "int8 against fp32",
      here: expect.stringMatching(/^largest difference \d\.\d\d on 5 pairs$/),
    }),
  );
});

test("an unknown name is reported at once", async () => {
  const folder = await temporaryFolder();
  const { code, stderr } = await runCommand(folder, ["doctor", "--model", "no-such-model"]);
  expect([code, stderr]).toEqual([1, expect.stringContaining("got no-such-model")]);
});
