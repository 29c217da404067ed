import { copyFileSync, cpSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { OnnxEmbeddings } from "../../src/embeddings/onnx-embeddings.ts";
import { moduleGolden, moduleModel } from "../fixtures/golden.ts";
import { temporaryFolder } from "../vector-store/temporary-folder.ts";
import { largestDifference } from "./vectors.ts";

const { texts, embedders } = moduleGolden;

function expectEqual(
  vectors: readonly (readonly number[])[],
  expected: readonly (readonly number[])[] = [],
): void {
  expect(vectors.length).toBe(expected.length);
  for (const [index, vector] of vectors.entries()) {
    const other = expected[index] ?? [];
    expect(vector.length).toBe(other.length);
    expect(largestDifference(vector, other), texts[index]).toBeLessThan(1e-4);
  }
}

describe.each(Object.entries(embedders))(
  "%s embeds as sentence-transformers does",
  (name, { documents, queries }) => {
    const embeddings = new OnnxEmbeddings({ model: moduleModel(name), device: "cpu" });
    afterAll(() => embeddings.dispose());

    test("documents in one batch", async () => {
      expect(texts.length).toBeGreaterThanOrEqual(60);
      expectEqual(await embeddings.embedDocuments([...texts]), documents);
    });

    test.runIf(queries)("queries, whose prompt is not pooled", async () => {
      const vectors = await Promise.all(texts.map((text) => embeddings.embedQuery(text)));
      expectEqual(vectors, queries);
    });
  },
);

/** The embedder with a graph of the whole model. */
async function withGraph(graph: string): Promise<string> {
  const folder = await temporaryFolder();
  cpSync(moduleModel("embedder-dense"), folder, { recursive: true });
  copyFileSync(moduleModel(`whole-graphs/${graph}`), join(folder, "onnx/model.onnx"));
  return folder;
}

describe("a graph of a whole model", () => {
  test.each(["vector.onnx", "vector-and-tokens.onnx"])(
    "%s gives the vector, and no module runs on it again",
    async (graph) => {
      await using embeddings = new OnnxEmbeddings({ model: await withGraph(graph), device: "cpu" });
      expectEqual(
        await embeddings.embedDocuments([...texts]),
        embedders["embedder-dense"]?.documents,
      );
    },
  );

  test("whose token vectors are an output is pooled again if `pooling` says how", async () => {
    const model = await withGraph("vector-and-tokens.onnx");
    await using embeddings = new OnnxEmbeddings({ model, device: "cpu", pooling: "mean" });
    expectEqual(
      await embeddings.embedDocuments([...texts]),
      embedders["embedder-dense"]?.documents,
    );
  });

  test("without token vectors refuses `pooling`", async () => {
    const model = await withGraph("vector.onnx");
    await using embeddings = new OnnxEmbeddings({ model, device: "cpu", pooling: "mean" });
    await expect(embeddings.embedQuery("river")).rejects.toMatchObject({
      code: "model-mismatch",
      message: expect.stringContaining(
        "got only `sentence_embedding`: remove the option `pooling`",
      ),
    });
  });
});

test("the option `pooling` replaces the modes of the model", async () => {
  const model = moduleModel("embedder-weighted-mean");
  await using embeddings = new OnnxEmbeddings({ model, device: "cpu", pooling: "max" });
  expectEqual(await embeddings.embedDocuments([...texts]), embedders["embedder-max"]?.documents);
});
