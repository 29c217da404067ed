import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { OnnxCrossEncoder } from "../../src/cross-encoder/onnx-cross-encoder.ts";
import { tinyModel } from "../fixtures/golden.ts";
import { riverTexts as texts } from "./river-texts.ts";
import { runProgram } from "../run-program.ts";

const tiny = { model: tinyModel("tiny-bert-reranker"), device: "cpu" } as const;
const shuffled = texts.map((_, index) => (index * 37) % texts.length);

describe.each(["fp32", "int8"] as const)("a pair's %s score", (dtype) => {
  const scorer = new OnnxCrossEncoder({ ...tiny, dtype });
  afterAll(() => scorer.dispose());
  const allowed = dtype === "fp32" ? 1e-4 : 0;

  test("is the same alone, in a batch of 100 and in another order", async () => {
    const { scores: together } = await scorer.score("old river", texts);
    const { scores: reordered } = await scorer.score(
      "old river",
      shuffled.map((index) => texts[index] ?? ""),
    );
    for (const [index, text] of texts.entries()) {
      const {
        scores: [alone = Number.NaN],
      } = await scorer.score("old river", [text]);
      const again = reordered[shuffled.indexOf(index)] ?? Number.NaN;
      expect(Math.abs((together[index] ?? Number.NaN) - alone)).toBeLessThanOrEqual(allowed);
      expect(Math.abs(again - alone)).toBeLessThanOrEqual(allowed);
    }
    expect(new Set(together).size).toBeGreaterThan(50);
  });
});

describe("OnnxCrossEncoder", () => {
  const scorer = new OnnxCrossEncoder({ ...tiny, dtype: "fp32" });
  afterAll(() => scorer.dispose());

  test("runs a dynamically quantised graph one row at a time, and fp32 in batches", async () => {
    await using int8 = new OnnxCrossEncoder(tiny);
    expect(await int8.info()).toMatchObject({ dtype: "int8", rowsPerRun: 1, provider: "cpu" });
    expect(await scorer.info()).toMatchObject({ dtype: "fp32", rowsPerRun: 64 });
  });

  test("returns no scores for no texts, and loads no model for it", async () => {
    await using absent = new OnnxCrossEncoder({ model: "./no/such/folder" });
    expect(await absent.score("a question", [])).toEqual({
      scores: new Float32Array(),
      truncatedTokens: new Uint32Array(),
      unscored: new Map(),
      windows: new Map(),
      cached: 0,
    });
  });

  test("calls onScored once for each pair, with the score that it returns", async () => {
    const seen = new Map<number, number>();
    const { scores } = await scorer.score("old river", texts, {
      onScored: (index, score) => seen.set(index, score),
    });
    expect(seen.size).toBe(texts.length);
    expect([...seen].every(([index, score]) => scores[index] === score)).toBe(true);
  });

  test("scores concurrent calls as it scores them one by one", async () => {
    const queries = ["old river", "deep city", "stone bridge", "water"];
    const together = await Promise.all(queries.map((query) => scorer.score(query, texts)));
    for (const [place, query] of queries.entries()) {
      const { scores: alone } = await scorer.score(query, texts);
      for (const [index, score] of alone.entries()) {
        expect(Math.abs(score - (together[place]?.scores[index] ?? Number.NaN))).toBeLessThan(1e-4);
      }
    }
  });

  test("rejects with the reason of a signal, before and while it works, and works on", async () => {
    const reason = new Error("no longer needed");
    await expect(scorer.score("river", texts, { signal: AbortSignal.abort(reason) })).rejects.toBe(
      reason,
    );
    const controller = new AbortController();
    const scoring = scorer.score("river", texts, {
      signal: controller.signal,
      onScored: () => controller.abort(reason),
    });
    await expect(scoring).rejects.toBe(reason);
    const { scores } = await scorer.score("river", texts.slice(0, 3));
    expect(scores.every(Number.isFinite)).toBe(true);
  });

  test("gives NaN and a reason for texts after the deadline, and scores no more", async () => {
    const started: number[] = [];
    const { scores, truncatedTokens, unscored } = await scorer.score(
      "a river not asked for before",
      texts,
      {
        deadlineMs: 0,
        onScored: (index) => started.push(index),
      },
    );
    expect([...scores].every(Number.isNaN)).toBe(true);
    expect(truncatedTokens).toEqual(new Uint32Array(texts.length));
    expect(unscored).toEqual(new Map(texts.map((_, index) => [index, "deadline"])));
    expect(started).toEqual([]);
  });

  test.each([-1, Number.NaN])("refuses a deadline of %d", async (deadlineMs) => {
    await expect(scorer.score("river", texts, { deadlineMs })).rejects.toMatchObject({
      code: "invalid-option",
    });
  });

  test("refuses more tokens than the model has positions, and says how many it has", async () => {
    await using wide = new OnnxCrossEncoder({ ...tiny, maxTokens: 513 });
    await expect(wide.score("river", ["deep"])).rejects.toThrow(
      "Expected `maxTokens` to be at most 512",
    );
    const roberta = { model: tinyModel("tiny-xlm-roberta-reranker"), device: "cpu" } as const;
    await using overlong = new OnnxCrossEncoder({ ...roberta, maxTokens: 513 });
    await expect(overlong.score("river", ["deep"])).rejects.toThrow("at most 512");
  });

  test("cuts at maxTokens and counts what it dropped", async () => {
    await using narrow = new OnnxCrossEncoder({ ...tiny, dtype: "fp32", maxTokens: 16 });
    const cut = await narrow.score("river", ["deep ".repeat(200)]);
    const whole = await scorer.score("river", ["deep ".repeat(12)]);
    expect([...cut.truncatedTokens]).toEqual([188]);
    expect([...whole.truncatedTokens]).toEqual([0]);
    expect(cut.scores[0]).toBeCloseTo(whole.scores[0] ?? Number.NaN, 4);
  });

  test.each([true, false])("scores equal texts of one call once, with cache %s", async (cache) => {
    await using own = new OnnxCrossEncoder({ ...tiny, workers: 1, maxTokens: 16, cache });
    await own.score("warm up", texts.slice(0, 8));
    const rows = async (): Promise<number> => (await own.info()).cost?.rows ?? 0;
    const before = await rows();
    const some = ["deep", "deep ".repeat(30), "a stone bridge"];
    const places = [1, 0, 1, 2, 0, 1];
    const seen = new Map<number, number>();
    const { scores, truncatedTokens, unscored } = await own.score(
      "river",
      places.map((place) => some[place] ?? ""),
      { onScored: (index, score) => seen.set(index, score) },
    );
    expect((await rows()) - before).toBe(some.length);
    const expected = await own.score("river", some);
    expect([...scores]).toEqual(places.map((place) => expected.scores[place]));
    expect([...truncatedTokens]).toEqual(places.map((place) => expected.truncatedTokens[place]));
    expect([...truncatedTokens]).toEqual([18, 0, 18, 0, 0, 18]);
    expect(unscored.size).toBe(0);
    expect(seen).toEqual(new Map(scores.entries()));
  });

  test("counts the scores that were known before, with a cache only", async () => {
    await using cached = new OnnxCrossEncoder(tiny);
    await using plain = new OnnxCrossEncoder({ ...tiny, cache: false });
    const asked = "how many were known?";
    expect((await cached.score(asked, ["deep", "wide"])).cached).toBe(0);
    expect((await cached.score(asked, ["wide", "long", "deep", "wide"])).cached).toBe(3);
    await plain.score(asked, ["deep"]);
    expect((await plain.score(asked, ["deep"])).cached).toBe(0);
  });

  test.each([
    ["lone surrogates", "a \uD800 river \uDC00"],
    ["NUL", "a\u0000river"],
    ["right-to-left", "נהר ארוך"],
    ["emoji", "👩‍👩‍👧‍👦 river 🏞️"],
    ["CJK", "長い川と古い橋"],
    ["nothing", ""],
    ["white space", " \n\t"],
  ])("gives a finite score for %s on either side", async (_name, text) => {
    const { scores: ofText } = await scorer.score("river", [text]);
    const { scores: ofQuery } = await scorer.score(text, ["river"]);
    expect([...ofText, ...ofQuery].map(Number.isFinite)).toEqual([true, true]);
  });

  test("reads a document of 5 MB, and says that it did not fit", async () => {
    const { truncatedTokens } = await scorer.score("river", ["a deep river ".repeat(400_000)]);
    expect(truncatedTokens[0]).toBeGreaterThan(1_000_000);
  });

  test("refuses use after dispose, and lets a second instance go on", async () => {
    const first = new OnnxCrossEncoder({ ...tiny, dtype: "fp32" });
    await first.score("river", ["deep"]);
    await first.dispose();
    await first.dispose();
    await expect(first.score("river", ["deep"])).rejects.toMatchObject({ code: "disposed" });
    expect((await scorer.score("river", ["deep"])).scores).toHaveLength(1);
  });

  test("tries a model again that could not be opened before", async () => {
    await using absent = new OnnxCrossEncoder({ model: "./no/such/folder" });
    await expect(absent.score("river", ["deep"])).rejects.toMatchObject({
      code: "model-not-found",
    });
    await expect(absent.score("river", ["deep"])).rejects.toMatchObject({
      code: "model-not-found",
    });
  });

  test("names a device that does not work, and does not fall back", async () => {
    await using gpu = new OnnxCrossEncoder({ ...tiny, dtype: "fp32", device: "cuda" });
    const outcome = await gpu.info().catch((error: unknown) => error);
    // Where there is a GPU it works; elsewhere the error says what is missing.
    expect(outcome).toMatchObject(
      outcome instanceof Error ? { code: "device-unavailable" } : { provider: "cuda" },
    );
  });

  test("uses the CPU if there is no GPU", async () => {
    await using automatic = new OnnxCrossEncoder({ model: tiny.model });
    expect(["cpu", "cuda", "webgpu"]).toContain((await automatic.info()).provider);
  });
});

test("a script that forgot to dispose ends when its work is done", () => {
  const built = join(import.meta.dirname, "../../dist/cross-encoder/onnx-cross-encoder.js");
  const script = `
    const { OnnxCrossEncoder } = await import(${JSON.stringify(built)});
    const scorer = new OnnxCrossEncoder(${JSON.stringify(tiny)});
    console.log((await scorer.score("river", ["deep", "long"])).scores.length);`;
  const words = ["--input-type=module", "-e", script];
  const { status, stdout } = runProgram(process.execPath, words, { limitMs: 20_000 });
  expect([status, stdout.trim()]).toEqual([0, "2"]);
});
