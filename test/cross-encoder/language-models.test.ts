import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Document } from "@langchain/core/documents";
import { afterAll, describe, expect, test } from "vitest";
import { CrossEncoderReranker } from "../../src/cross-encoder/cross-encoder-reranker.ts";
import { OnnxCrossEncoder } from "../../src/cross-encoder/onnx-cross-encoder.ts";
import { OnnxEmbeddings } from "../../src/embeddings/onnx-embeddings.ts";
import { pairScorerContract } from "../../src/testing/index.ts";
import { expand, languageModelGolden, tinyModel } from "../fixtures/golden.ts";
import { riverTexts } from "./river-texts.ts";
import { expectWindowsScoredAlone, scoreOf } from "./score-of.ts";

const { instruction } = languageModelGolden;
const qwen3 = { model: tinyModel("tiny-qwen3-reranker"), device: "cpu" } as const;
const texts = riverTexts.slice(0, 12);

describe.each(["tiny-qwen3-reranker", "tiny-logit-reranker"] as const)("%s", (name) => {
  const pairs = languageModelGolden[name];
  const scorer = new OnnxCrossEncoder({ ...qwen3, model: tinyModel(name), cache: false });
  afterAll(() => scorer.dispose());

  test("scores each pair as sentence-transformers does, alone and among all others", async () => {
    expect(pairs.length).toBeGreaterThanOrEqual(60);
    const together = await Promise.all(
      pairs.map(({ query, text }) => scoreOf(scorer, expand(query), expand(text))),
    );
    for (const [index, { query, text, score, ...pair }] of pairs.entries()) {
      const alone = await scoreOf(scorer, expand(query), expand(text));
      expect(Math.abs(score - alone), pair.name).toBeLessThan(1e-4);
      expect(Math.abs(score - (together[index] ?? Number.NaN)), pair.name).toBeLessThan(1e-4);
    }
  });

  test("scores each pair with an instruction, and counts the tokens that it cut", async () => {
    for (const { query, text, instructed, truncated, ...pair } of pairs) {
      const asked = [expand(query), [expand(text)]] as const;
      const { scores } = await scorer.score(...asked, { instruction });
      expect(Math.abs(instructed - (scores[0] ?? Number.NaN)), pair.name).toBeLessThan(1e-4);
      const { truncatedTokens } = await scorer.score(...asked);
      expect([...truncatedTokens], pair.name).toEqual([truncated]);
    }
  });

  test.each(pairScorerContract)("$name", async ({ check }) => {
    await expect(check(scorer)).resolves.toBeUndefined();
  });
});

test("the cache keeps the scores of two instructions apart", async () => {
  await using scorer = new OnnxCrossEncoder(qwen3);
  const [plain, instructed] = [
    await scorer.score("old river", texts),
    await scorer.score("old river", texts, { instruction }),
  ];
  expect(instructed.scores).not.toEqual(plain.scores);
  expect((await scorer.score("old river", texts)).scores).toEqual(plain.scores);
});

test("windows of a long text have the scores of their texts alone", async () => {
  await expectWindowsScoredAlone(qwen3, 120);
});

test("a reranker passes the instruction of a call on", async () => {
  await using reranker = new CrossEncoderReranker({ ...qwen3, topN: texts.length });
  const documents = texts.map((pageContent) => new Document({ pageContent }));
  const ranked = await reranker.rerank("old river", documents, { instruction });
  await using scorer = new OnnxCrossEncoder(qwen3);
  const { scores } = await scorer.score("old river", texts, { instruction });
  const expected = texts.toSorted(
    (a, b) => (scores[texts.indexOf(b)] ?? 0) - (scores[texts.indexOf(a)] ?? 0),
  );
  expect(ranked.map(({ pageContent }) => pageContent)).toEqual(expected);
});

describe("is refused:", () => {
  test("a query that leaves no room for a text", async () => {
    await using scorer = new OnnxCrossEncoder(qwen3);
    await expect(scorer.score("river ".repeat(200), ["deep"])).rejects.toMatchObject({
      code: "invalid-option",
      message: expect.stringMatching(/^Expected `maxTokens` to leave room for a text, but the /),
    });
  });

  test("an instruction for a model that reads none, known by name or by its files", async () => {
    const named = new OnnxCrossEncoder({ model: "BAAI/bge-reranker-base" });
    expect(named.readsInstruction).toBeUndefined();
    await using other = new OnnxCrossEncoder({ model: tinyModel("tiny-bert-reranker") });
    for (const scorer of [named, other]) {
      await expect(scorer.score("river", ["deep"], { instruction })).rejects.toMatchObject({
        code: "invalid-option",
        message: expect.stringMatching(/^Expected no `instruction`, because .* does not read one/),
      });
    }
  });

  test("vectors of a language model that scores", async () => {
    await using embeddings = new OnnxEmbeddings(qwen3);
    await expect(embeddings.embedQuery("river")).rejects.toMatchObject({
      code: "model-mismatch",
      message: expect.stringContaining("got only the output `logits`"),
    });
  });

  const changed = mkdtempSync(join(tmpdir(), "model-"));
  afterAll(() => rmSync(changed, { recursive: true, force: true }));

  test.each([
    [
      "a language model of another kind",
      "config.json",
      '"model_type": "qwen3"',
      '"model_type": "llama"',
      "Expected a post_processor",
    ],
    [
      "a vocabulary without the answers",
      "tokenizer.json",
      '"yes": ',
      '"Yes, sir": ',
      'Expected a token "yes"',
    ],
    [
      "a tokenizer that is not byte-level",
      "tokenizer.json",
      '"pre_tokenizer": {',
      '"pre_tokenizer": { "type": "Whitespace" }, "other": {',
      "Expected a byte-level tokenizer in",
    ],
  ])("%s", async (_what, file, from, to, message) => {
    const folder = mkdtempSync(join(changed, "model-"));
    cpSync(qwen3.model, folder, { recursive: true });
    const content = readFileSync(join(folder, file), "utf8");
    expect(content).toContain(from);
    writeFileSync(join(folder, file), content.replace(from, to));
    await using scorer = new OnnxCrossEncoder({ ...qwen3, model: folder });
    await expect(scorer.score("river", ["deep"])).rejects.toMatchObject({
      code: "model-mismatch",
      message: expect.stringContaining(message),
    });
  });

  test("a LogitScore whose chat template is for chats", async () => {
    const folder = mkdtempSync(join(changed, "model-"));
    cpSync(tinyModel("tiny-logit-reranker"), folder, { recursive: true });
    rmSync(join(folder, "chat_template.jinja"));
    const config = readFileSync(join(folder, "config.json"), "utf8");
    writeFileSync(join(folder, "config.json"), config.replace('"qwen3"', '"llama"'));
    await using scorer = new OnnxCrossEncoder({ ...qwen3, model: folder });
    await expect(scorer.score("river", ["deep"])).rejects.toMatchObject({
      code: "model-mismatch",
      message: expect.stringContaining("with the roles `query` and `document`"),
    });
  });
});
