import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { afterAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { OnnxCrossEncoder } from "../../src/cross-encoder/onnx-cross-encoder.ts";
import { OnnxEmbeddings } from "../../src/embeddings/onnx-embeddings.ts";
import {
  MultiVectorScorer,
  type MultiVectorScorerOptions,
} from "../../src/rerankers/multi-vector-scorer.ts";
import { VectorFile } from "../../src/rerankers/vector-file.ts";
import { pairScorerContract } from "../../src/testing/index.ts";
import {
  expand,
  multiVectorGolden,
  multiVectorModel,
  multiVectorModels,
  tinyModel,
} from "../fixtures/golden.ts";

const native = multiVectorModel("native");
const texts = ["The river is long.", "", "rain and wind", "The river rises after the rain."];
const query = "how long is the river?";

function open(model: string, options: Partial<MultiVectorScorerOptions> = {}): MultiVectorScorer {
  const scorer = new MultiVectorScorer({ model, device: "cpu", dtype: "fp32", ...options });
  onTestFinished(() => scorer.dispose());
  return scorer;
}

function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "multi-vector-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A copy of a model with other files. */
function copyOf(model: string, files: Readonly<Record<string, unknown>>): string {
  const folder = makeFolder();
  cpSync(model, folder, { recursive: true });
  for (const [path, content] of Object.entries(files)) {
    const old: unknown = JSON.parse(readFileSync(join(folder, path), "utf8"));
    writeFileSync(join(folder, path), JSON.stringify({ ...Object(old), ...Object(content) }));
  }
  return folder;
}

describe.each(multiVectorModels)("%s", (name) => {
  // In the older formats a marker is put among the tokens, so that its name in a text is text. That is how those models
  // were trained; sentence-transformers makes it a special token, which it finds in texts, too.
  const isNative = name.startsWith("native");
  const pairs = multiVectorGolden.pairs.filter(
    (pair) => isNative || pair.name !== "markers in the texts",
  );

  test("scores each pair as sentence-transformers does", async () => {
    const scorer = open(multiVectorModel(name));
    for (const { name: pair, query: asked, text, models } of pairs) {
      const [expected] = models[name];
      const { scores } = await scorer.score(expand(asked), [expand(text)]);
      expect(Math.abs((scores[0] ?? Number.NaN) - expected), pair).toBeLessThan(1e-4);
    }
    expect(pairs.length).toBeGreaterThanOrEqual(60);
  });

  test("scores a text the same among all others", async () => {
    const scorer = open(multiVectorModel(name));
    const asked = pairs[0]?.query ?? "";
    const all = pairs.map(({ text }) => expand(text));
    const { scores, unscored } = await scorer.score(expand(asked), all);
    expect(unscored.size).toBe(0);
    for (const index of [0, 1, 20, 40, 60]) {
      const alone = await scorer.score(expand(asked), [all[index] ?? ""]);
      expect(Math.abs((scores[index] ?? 0) - (alone.scores[0] ?? Number.NaN))).toBeLessThan(1e-4);
    }
  });
});

describe.each([
  ["a multi-vector model", native, {}],
  ["a bi-encoder", tinyModel("tiny-bert-embedder"), {}],
  ["a bi-encoder with prompts", tinyModel("tiny-prompt-embedder"), {}],
] as const)("%s is a PairScorer", (_name, model, options) => {
  const scorer = new MultiVectorScorer({ model, device: "cpu", dtype: "fp32", ...options });
  afterAll(() => scorer.dispose());
  test.each(pairScorerContract)("$name", async ({ check }) => {
    await expect(check(scorer)).resolves.toBeUndefined();
  });
});

describe("a bi-encoder", () => {
  test("gives each token of an equal text its best score, and none to special tokens", async () => {
    const { scores } = await open(tinyModel("tiny-bert-embedder")).score("rain", ["rain", ""]);
    expect(scores[0]).toBeCloseTo(1, 5);
    expect(scores[1]).toBe(0);
  });

  test.each([tinyModel("tiny-bert-embedder"), native])(
    "explains a score by the best token for each token of the query: %s",
    async (model) => {
      const scorer = open(model);
      const { scores } = await scorer.score(query, texts);
      for (const [index, text] of texts.entries()) {
        const { tokens, matches } = await scorer.explain(query, text);
        const sum = matches.reduce((all, { similarity }) => all + similarity, 0);
        expect(sum).toBeCloseTo(scores[index] ?? Number.NaN, 4);
        expect(matches.every((match) => match.index < tokens.length)).toBe(true);
      }
    },
  );

  test("counts the tokens that do not fit, of the query and of the text", async () => {
    const scorer = open(tinyModel("tiny-bert-embedder"), { maxTokens: 10 });
    const { truncatedTokens } = await scorer.score("rain", ["rain ".repeat(20), "rain"]);
    expect([...truncatedTokens]).toEqual([12, 0]);
    const long = await scorer.score("rain ".repeat(130), ["rain"]);
    expect([...long.truncatedTokens]).toEqual([4]);
  });
});

describe("a multi-vector model", () => {
  test("gives equal texts one score each", async () => {
    const seen: number[] = [];
    const twice = ["rain", "wind", "rain"];
    const { scores } = await open(native).score(query, twice, {
      onScored: (index) => seen.push(index),
    });
    expect(scores[2]).toBe(scores[0]);
    expect(seen.toSorted((a, b) => a - b)).toEqual([0, 1, 2]);
  });

  test("stops at a deadline and at an abort, and works afterwards", async () => {
    const scorer = open(native);
    const many = Array.from({ length: 500 }, (_, index) => `river ${index} ${"rain ".repeat(30)}`);
    await scorer.score(query, texts);
    const late = await scorer.score(query, many, { deadlineMs: 1 });
    expect(late.unscored.get(499)).toBe("deadline");
    const reason = new Error("enough");
    const stop = new AbortController();
    const stopped = scorer.score(query, many, {
      signal: stop.signal,
      onScored: () => stop.abort(reason),
    });
    await expect(stopped).rejects.toBe(reason);
    expect((await scorer.score(query, texts)).unscored.size).toBe(0);
  });

  test("is refused by the classes for other models, and refuses a cross-encoder", async () => {
    await using embeddings = new OnnxEmbeddings({ model: native, device: "cpu", dtype: "fp32" });
    await expect(embeddings.embedQuery(query)).rejects.toThrow("MultiVectorScorer");
    await using encoder = new OnnxCrossEncoder({ model: native, device: "cpu", dtype: "fp32" });
    await expect(encoder.score(query, texts)).rejects.toThrow("MultiVectorScorer");
    expect(() => new MultiVectorScorer({ model: "rerank-minilm-l6" })).toThrow(
      "CrossEncoderReranker",
    );
    const scorer = open(tinyModel("tiny-bert-reranker"));
    await expect(scorer.score(query, texts)).rejects.toMatchObject({ code: "model-mismatch" });
  });

  test("is refused if its graph lacks the projection", async () => {
    const model = copyOf(multiVectorModel("stanford"), { "artifact.metadata": { dim: 128 } });
    await expect(open(model).score(query, texts)).rejects.toThrow(
      "Expected token vectors of 128 numbers, got 16",
    );
  });

  test.each([
    ["sentence_bert_config.json", { query_expansion: { strategy: "best", length: 12 } }],
    ["sentence_bert_config.json", { query_expansion: { strategy: "fixed" } }],
    ["2_MultiVectorMask/config.json", { skiplist_words: [5] }],
    ["2_MultiVectorMask/config.json", { keep_only_token_ids: [5] }],
    ["sentence_bert_config.json", { query_expansion: { strategy: "min", length: 9, token: "??" } }],
  ])("is refused if %s says %j", async (path, content) => {
    await expect(open(copyOf(native, { [path]: content })).score(query, texts)).rejects.toThrow(
      /^Expected .*(?:config\.json|tokenizer\.json)/,
    );
  });
});

const path = (): string => join(makeFolder(), "passages.vectors");

describe("stored vectors", () => {
  test("give the same scores as texts that are encoded, and almost those in 32 bits", async () => {
    const exact = await open(native).score(query, texts);
    const vectors = path();
    const scorer = open(native, { vectors });
    await scorer.store(texts.slice(0, 1));
    const mixed = await scorer.score(query, texts);
    await scorer.store(texts);
    const stored = await scorer.score(query, texts);
    expect([...stored.scores]).toEqual([...mixed.scores].map((each) => expect.closeTo(each, 5)));
    for (const [index, score] of exact.scores.entries()) {
      expect(Math.abs(score - (stored.scores[index] ?? Number.NaN))).toBeLessThan(0.05);
    }
    await using later = new MultiVectorScorer({
      model: native,
      dtype: "fp32",
      device: "cpu",
      vectors,
    });
    expect((await later.score(query, texts)).scores).toEqual(stored.scores);
  });

  test("remember how many tokens were cut, and serve long lists with repeats", async () => {
    const scorer = open(native, { vectors: path() });
    const many = Array.from(
      { length: 150 },
      (_, index) => `rain ${index % 140} ${"wind ".repeat(index)}`,
    );
    const before = await open(native).score(query, many);
    const progress: number[] = [];
    await scorer.store(many, { onProgress: ({ stored }) => progress.push(stored) });
    expect(progress).toEqual([64, 128, 150]);
    const after = await scorer.score(query, many);
    expect(after.truncatedTokens).toEqual(before.truncatedTokens);
    expect(after.unscored.size).toBe(0);
  });

  test("may be those of no text", async () => {
    const scorer = open(native, { vectors: path() });
    await scorer.store([]);
    expect((await scorer.score(query, texts)).unscored.size).toBe(0);
  });

  test("of texts that have changed are not used", async () => {
    const scorer = open(native, { vectors: path() });
    await scorer.store(["The river is short."]);
    const { scores } = await scorer.score(query, ["The river is long."]);
    await scorer.store(["The river is long."]);
    expect((await scorer.score(query, ["The river is long."])).scores[0]).toBeCloseTo(
      scores[0] ?? 0,
      5,
    );
  });

  test("are refused if the file is damaged, foreign, absent or of other options", async () => {
    const vectors = path();
    const scorer = open(native, { vectors });
    await expect(scorer.score(query, texts)).rejects.toMatchObject({
      code: "invalid-input",
      message: `Cannot open a saved file of token vectors at ${vectors}: call \`store\` first, with the texts to search.`,
    });
    await scorer.store(texts);
    const bytes = readFileSync(vectors);
    const other = open(native, { vectors, maxTokens: 20 });
    await expect(other.score(query, texts)).rejects.toMatchObject({ code: "index-mismatch" });
    for (const place of [3, 20, bytes.length >> 1, bytes.length - 20, bytes.length - 1]) {
      const damaged = Buffer.from(bytes);
      damaged[place] = (damaged[place] ?? 0) ^ 1;
      writeFileSync(vectors, damaged);
      const reader = open(native, { vectors });
      await expect(reader.score(query, texts)).rejects.toMatchObject({ code: "index-damaged" });
      await expect(reader.store(texts)).rejects.toMatchObject({
        code: "index-damaged",
        message: expect.stringMatching(/: .*delete .* then call `store` again/),
      });
    }
    writeFileSync(vectors, "");
    await expect(open(native, { vectors }).store(texts)).rejects.toThrow(
      "was truncated or changed after it was saved: delete it, then call `store` again",
    );
    writeFileSync(vectors, "my notes about rivers and rain");
    await expect(open(native, { vectors }).store(texts)).rejects.toMatchObject({
      code: "index-damaged",
      message: expect.stringContaining("is not a saved file of token vectors"),
    });
    expect(readFileSync(vectors, "utf8")).toBe("my notes about rivers and rain");
    writeFileSync(vectors, bytes);
    expect((await open(native, { vectors }).score(query, texts)).unscored.size).toBe(0);
    await other.store(texts);
    expect((await other.score(query, texts)).unscored.size).toBe(0);
  });

  test("that change while the file is open are an error", async () => {
    const vectors = path();
    const scorer = open(native, { vectors });
    await scorer.store(texts);
    await scorer.score(query, ["rain and wind"]);
    const bytes = readFileSync(vectors);
    writeFileSync(vectors, bytes.fill(7, 16, 200));
    await expect(scorer.score(query, texts)).rejects.toMatchObject({ code: "index-damaged" });
  });

  test("are not opened by a call that continues after the scorer was disposed of", async () => {
    const vectors = path();
    await open(native, { vectors }).store(texts);
    const opened = vi.spyOn(VectorFile, "open");
    onTestFinished(() => opened.mockRestore());
    const ended = open(native, { vectors, maxWaiting: 100 });
    await ended.score(query, texts, { deadlineMs: 1 });
    await ended.dispose();
    const underWay = open(native, { vectors, maxWaiting: 101 });
    const call = underWay.score(query, texts);
    call.catch(() => undefined);
    await underWay.dispose();
    await expect(call).rejects.toMatchObject({ code: "disposed" });
    await wait(50);
    const files = await Promise.all(opened.mock.results.map(({ value }) => value));
    const read = await Promise.all(files.map((file: VectorFile) => file.read(texts)));
    expect(read.flat().every((found) => found === undefined)).toBe(true);
  });

  test("need a file, and stay as they were after an abort", async () => {
    await expect(open(native).store(texts)).rejects.toMatchObject({ code: "invalid-option" });
    const vectors = path();
    const scorer = open(native, { vectors });
    await scorer.store(texts);
    const before = readFileSync(vectors);
    const signal = AbortSignal.abort(new Error("enough"));
    await expect(scorer.store(["rain"], { signal })).rejects.toThrow("enough");
    expect(readFileSync(vectors)).toEqual(before);
  });
});
