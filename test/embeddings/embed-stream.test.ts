import { afterAll, describe, expect, test } from "vitest";
import { OnnxEmbeddings } from "../../src/embeddings/onnx-embeddings.ts";
import { tinyModel } from "../fixtures/golden.ts";

const collect = async (vectors: AsyncIterable<Float32Array>): Promise<Float32Array[]> => {
  const all: Float32Array[] = [];
  for await (const vector of vectors) all.push(vector);
  return all;
};

async function* oneByOne(texts: readonly string[]): AsyncGenerator<string> {
  yield* texts;
}

describe("embedStream", () => {
  const embeddings = new OnnxEmbeddings({ model: tinyModel("tiny-bert-embedder"), device: "cpu" });
  afterAll(() => embeddings.dispose());
  const texts = Array.from(
    { length: 700 },
    (_, index) => `river ${"deep ".repeat(index % 17)}${index}`,
  );
  test("gives the vectors of embedDocuments, in the order of the texts", async () => {
    const [streamed, expected] = [
      await collect(embeddings.embedStream(texts)),
      await embeddings.embedDocuments(texts),
    ];
    expect(streamed).toHaveLength(texts.length);
    for (const [index, vector] of streamed.entries()) {
      const difference = vector.map((value, place) =>
        Math.abs(value - (expected[index]?.[place] ?? Number.NaN)),
      );
      expect(Math.max(...difference)).toBeLessThan(1e-4);
    }
  });

  test("reads texts only when it has room, however many there are", async () => {
    let asked = 0;
    const source = function* (): Generator<string> {
      for (;;) yield `river ${asked++ % 50}`;
    };
    let got = 0;
    for await (const vector of embeddings.embedStream(source())) {
      expect(vector.length).toBeGreaterThan(0);
      got += 1;
      expect(asked - got).toBeLessThanOrEqual(512);
      if (got === 3000) break;
    }
    expect(got).toBe(3000);
  });

  test("takes texts that arrive one by one, and says how many are embedded", async () => {
    const seen: number[] = [];
    await collect(
      embeddings.embedStream(oneByOne(texts.slice(0, 300)), {
        onProgress: ({ embedded }) => seen.push(embedded),
      }),
    );
    expect(seen).toEqual([256, 300]);
    expect(await collect(embeddings.embedStream([]))).toEqual([]);
  });

  test("ends with the signal's reason, and other calls continue", async () => {
    const controller = new AbortController();
    const stream = embeddings.embedStream(texts, {
      signal: controller.signal,
      onProgress: () => controller.abort("enough"),
    });
    await expect(collect(stream)).rejects.toBe("enough");
    expect(await embeddings.embedDocuments(["river"])).toHaveLength(1);
  });

  test("refuses an element that is not a string, by its index", async () => {
    const [broken = ""]: string[] = JSON.parse("[7]");
    await expect(collect(embeddings.embedStream(["river", broken]))).rejects.toThrow(
      "Expected `texts[1]` to be a string, got 7.",
    );
  });
});
