import {
  copyFileSync,
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { OnnxCrossEncoder } from "../../../src/cross-encoder/onnx-cross-encoder.ts";
import { OnnxEmbeddings } from "../../../src/embeddings/onnx-embeddings.ts";
import { tinyModel } from "../../fixtures/golden.ts";

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** A tiny model whose graph is another one. */
function withGraph(graph: string): string {
  const folder = mkdtempSync(join(tmpdir(), "model-"));
  folders.push(folder);
  cpSync(tinyModel("tiny-xlm-roberta-reranker"), folder, { recursive: true });
  copyFileSync(
    join(import.meta.dirname, "../../fixtures/graphs", graph),
    join(folder, "onnx/model.onnx"),
  );
  return folder;
}

test.each([
  ["unknown-input.onnx", "needs an input `pixel_values`; this package provides only input_ids"],
  [
    "three-labels.onnx",
    "to hold one or two numbers for each text, got the shape [1, 3] for a batch of 1",
  ],
])("refuses %s and says why", async (graph, message) => {
  await using scorer = new OnnxCrossEncoder({ model: withGraph(graph), device: "cpu" });
  const outcome = scorer.score("river", ["deep"]);
  await expect(outcome).rejects.toMatchObject({ code: "model-mismatch" });
  await expect(outcome).rejects.toThrow(message);
});

test.each(["tiny-bert-reranker", "tiny-two-label-reranker", "tiny-xlm-roberta-reranker"])(
  "refuses to make vectors of the logits of %s",
  async (name) => {
    await using embeddings = new OnnxEmbeddings({
      model: tinyModel(name),
      pooling: "mean",
      device: "cpu",
    });
    await expect(embeddings.embedDocuments(["deep"])).rejects.toMatchObject({
      code: "model-mismatch",
      message: expect.stringMatching(
        /^Expected vectors from .*onnx, got only the output `logits`, which is a cross-encoder's: pass the model to `CrossEncoderReranker`\.$/,
      ),
    });
  },
);

test.each(["tiny-bert-reranker", "tiny-two-label-reranker"])(
  "refuses to make vectors of one or two numbers, as of %s under another name",
  async (name) => {
    const folder = mkdtempSync(join(tmpdir(), "model-"));
    folders.push(folder);
    cpSync(tinyModel(name), folder, { recursive: true });
    for (const graph of readdirSync(join(folder, "onnx"))) {
      const path = join(folder, "onnx", graph);
      writeFileSync(path, renamed(readFileSync(path), "logits", "values"));
    }
    await using embeddings = new OnnxEmbeddings({ model: folder, pooling: "mean", device: "cpu" });
    await expect(embeddings.embedDocuments(["deep"])).rejects.toMatchObject({
      code: "model-mismatch",
      message: expect.stringMatching(
        /^Expected `values` of .*onnx to hold one vector for each text, got the shape \[1, [12]\] .* This is the shape of a cross-encoder: pass the model to `CrossEncoderReranker`\.$/,
      ),
    });
  },
);

/** The bytes of a graph with another name, of the same length, in the place of a name. */
function renamed(graph: Buffer, name: string, other: string): Buffer {
  return Buffer.from(graph.toString("latin1").replaceAll(name, other), "latin1");
}

test("refuses a tokenizer with ids that the graph does not know, and says which files do not fit", async () => {
  const folder = mkdtempSync(join(tmpdir(), "model-"));
  folders.push(folder);
  cpSync(tinyModel("tiny-bert-reranker"), folder, { recursive: true });
  const path = join(folder, "tokenizer.json");
  const tokenizer = JSON.parse(readFileSync(path, "utf8"));
  tokenizer.model.vocab.river = 99_999;
  writeFileSync(path, JSON.stringify(tokenizer));
  await using scorer = new OnnxCrossEncoder({ model: folder, device: "cpu" });
  await expect(scorer.score("river", ["river"])).rejects.toMatchObject({
    code: "model-mismatch",
    message: expect.stringMatching(
      /^Expected token ids up to \d+, the last in the vocabulary of .*model.*\.onnx, got 99999 from .*tokenizer\.json: the tokenizer does not match the graph\./,
    ),
  });
});

test("a text that is not a string fails only its own call, with its index", async () => {
  await using scorer = new OnnxCrossEncoder({
    model: tinyModel("tiny-bert-reranker"),
    device: "cpu",
  });
  const { scores: before } = await scorer.score("river", ["deep"]);
  const [broken = ""]: string[] = JSON.parse("[7]");
  await expect(scorer.score("river", ["deep", broken])).rejects.toThrow(
    "Expected `texts[1]` to be a string, got 7.",
  );
  expect((await scorer.score("river", ["deep"])).scores).toEqual(before);
});
