import { pipeline } from "@huggingface/transformers";
import { afterAll, describe, expect, test } from "vitest";
import { fromTransformers } from "../../src/transformers/index.ts";
import { loadTiny } from "./load-tiny.ts";

const [tokenizer, model] = await loadTiny("tiny-bert-reranker");
const [otherTokenizer, biEncoder] = await loadTiny("tiny-bert-embedder", "bi-encoder");
const [, misloaded] = await loadTiny("tiny-bert-embedder", "cross-encoder");
afterAll(() => Promise.all([model, biEncoder, misloaded].map((each) => each.dispose())));

/** Calls it as plain JavaScript does: without types. */
const call = (...values: readonly unknown[]): unknown =>
  Reflect.apply(fromTransformers, undefined, values);

describe("fromTransformers refuses", () => {
  test.each([
    ["x", '"x"'],
    [undefined, "undefined"],
    [{}, "an object"],
    [Promise.resolve(tokenizer), "a Promise; await it first"],
    [model, "a model: pass the tokenizer first, then the model"],
  ])("%o for a tokenizer, and says how to get one", (value, got) => {
    const expected = `Expected \`tokenizer\` to be loaded by \`AutoTokenizer.from_pretrained\` of transformers.js (npm i @huggingface/transformers), got ${got}.`;
    expect(() => call(value, model)).toThrow(
      expect.objectContaining({ code: "invalid-option", message: expected }),
    );
  });

  test.each([
    ["Xenova/model", '"Xenova/model"'],
    [Promise.resolve(model), "a Promise; await it first"],
    [tokenizer, "a tokenizer: pass the tokenizer first, then the model"],
  ])("%o for a model, and says how to get one", (value, got) => {
    const expected = `Expected \`model\` to be loaded by \`AutoModelForSequenceClassification.from_pretrained\` of transformers.js (npm i @huggingface/transformers), got ${got}.`;
    expect(() => call(tokenizer, value)).toThrow(
      expect.objectContaining({ code: "invalid-option", message: expected }),
    );
  });

  test("a pipeline, and says what to take from it", async () => {
    const classify = await pipeline("text-classification", "tiny-bert-reranker", { dtype: "fp32" });
    expect(() => call(tokenizer, classify)).toThrow("got a pipeline: pass its `model`.");
    expect(() => call(classify, model)).toThrow("got a pipeline: pass its `tokenizer`.");
    const scorer = fromTransformers(classify.tokenizer, classify.model).scorer();
    const { scores } = await scorer.score("How long is the river?", ["The river is long."]);
    expect(scores[0]).toSatisfy(Number.isFinite);
    await classify.dispose();
  });

  test.each([
    ["loaded as one", biEncoder, "got last_hidden_state"],
    ["loaded as a cross-encoder", misloaded, "got none"],
  ])("to score with a bi-encoder %s", async (_how, wrong, got) => {
    const scorer = fromTransformers(otherTokenizer, wrong).scorer();
    await expect(scorer.score("river", ["deep"])).rejects.toMatchObject({
      code: "model-mismatch",
      message: `Expected the model to return \`logits\`, ${got}: load a cross-encoder with AutoModelForSequenceClassification.from_pretrained, or use embeddings() for a bi-encoder.`,
    });
  });

  test("to embed with a cross-encoder", async () => {
    const embeddings = fromTransformers(tokenizer, model).embeddings({ pooling: "cls" });
    await expect(embeddings.embedQuery("river")).rejects.toMatchObject({
      code: "model-mismatch",
      message:
        "Expected the model to return `last_hidden_state` or `token_embeddings`, got logits: load a bi-encoder with AutoModel.from_pretrained, or use scorer() for a cross-encoder.",
    });
  });

  test("a tokenizer that puts nothing between the texts of a pair", () => {
    const joins = Object.assign(
      (text: string, { text_pair: pair = "" }: { readonly text_pair?: string }) => ({
        input_ids: Array.from(text + pair, (letter) => letter.charCodeAt(0)),
      }),
      { model_max_length: 512 },
    );
    expect(() => fromTransformers(joins, model)).toThrow(
      expect.objectContaining({
        code: "model-mismatch",
        message: expect.stringContaining("a special token between the texts of a pair, got none"),
      }),
    );
  });
});
