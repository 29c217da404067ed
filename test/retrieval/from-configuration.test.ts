import { join } from "node:path";
import { Document } from "@langchain/core/documents";
import { describe, expect, test } from "vitest";
import { CrossEncoderReranker } from "../../src/cross-encoder/cross-encoder-reranker.ts";
import { OnnxCrossEncoder } from "../../src/cross-encoder/onnx-cross-encoder.ts";
import type { Configuration } from "../../src/evaluation/gate/configuration.ts";
import { configurationToJson } from "../../src/evaluation/gate/saved-configuration.ts";
import type { PairScorer } from "../../src/ranking/pair-scorer.ts";
import { CorpusSource } from "../../src/retrieval/corpus-source.ts";
import { TwoStageRetriever } from "../../src/retrieval/two-stage-retriever.ts";
import { deepFreeze } from "../deep-freeze.ts";

/** Later texts of the corpus are better. */
const scorer: PairScorer = {
  name: "later",
  scale: "probability",
  score: async (_query, texts) => ({ scores: texts.map((text) => Number(text) / 10) }),
};
const candidates = new CorpusSource(
  ["1", "2", "3", "4", "5"].map((id) => new Document({ id, pageContent: id })),
);
const options = { candidates, reranker: new CrossEncoderReranker({ scorer }), candidateCount: 4 };
const configuration: Configuration = deepFreeze({
  version: 1,
  decision: "rerank",
  rerank: { candidateCount: 3, blend: 1, scoreThreshold: 0.15 },
  model: { name: "later", fileHash: undefined, arithmetic: undefined },
  measure: "nDCG@10",
  queries: 100,
  reason: "It helps.",
  evidence: undefined,
});
const foundBy = async (retriever: TwoStageRetriever): Promise<(string | undefined)[]> =>
  (await retriever.invoke("any")).map(({ id }) => id);

describe("TwoStageRetriever.fromConfiguration", () => {
  test("searches with the depth, blend and threshold that were chosen, given as JSON or parsed", async () => {
    const given = { ...options, rerank: false, blend: 0 };
    const json = configurationToJson(configuration);
    for (const source of [json, JSON.parse(json), configuration]) {
      const retriever = await TwoStageRetriever.fromConfiguration(source, given);
      expect(await foundBy(retriever)).toEqual(["3", "2"]);
    }
    const halved = { ...configuration, rerank: { candidateCount: 5, blend: 0 } };
    const retriever = await TwoStageRetriever.fromConfiguration(halved, options);
    expect(await foundBy(retriever)).toEqual(["1", "2", "3", "4", "5"]);
  });

  test("does not rerank by default if that was decided, though a search may ask for it", async () => {
    const refused = { ...configuration, decision: "first-stage" };
    const retriever = await TwoStageRetriever.fromConfiguration(refused, options);
    expect(await foundBy(retriever)).toEqual(["1", "2", "3", "4"]);
    expect((await retriever.search("any")).coverage.scored).toBe(0);
    const reranked = await retriever.search("any", { rerank: true });
    expect(reranked.documents.map(({ id }) => id)).toEqual(["4", "3", "2", "1"]);
  });

  test("takes a model by any of the names that the catalogue has for it", async () => {
    const named = { ...scorer, name: new OnnxCrossEncoder({ model: "bge-reranker-base" }).name };
    expect(named.name).toBe("BAAI/bge-reranker-base");
    const reranker = new CrossEncoderReranker({ scorer: named });
    const model = { name: "bge-reranker-base", fileHash: undefined, arithmetic: undefined };
    const source = { ...configuration, model };
    const retriever = await TwoStageRetriever.fromConfiguration(source, { ...options, reranker });
    expect(await foundBy(retriever)).toEqual(["3", "2"]);
  });

  test("refuses a depth under the `k` of the options", async () => {
    await expect(
      TwoStageRetriever.fromConfiguration(configuration, { ...options, k: 4 }),
    ).rejects.toMatchObject({
      code: "invalid-option",
      message: expect.stringContaining("Expected `candidateCount` to be at least 4"),
    });
  });

  test("changes nothing if it is undecided", async () => {
    const undecided = { ...configuration, decision: "undecided" };
    const retriever = await TwoStageRetriever.fromConfiguration(undecided, options);
    expect(await foundBy(retriever)).toEqual(["4", "3", "2", "1"]);
  });

  test("refuses another model, if one is named", async () => {
    const other = { ...configuration, model: { name: "BAAI/bge-reranker-large" } };
    await expect(TwoStageRetriever.fromConfiguration(other, options)).rejects.toMatchObject({
      code: "model-mismatch",
      message: expect.stringContaining(
        "BAAI/bge-reranker-large, the model that the configuration was chosen for, got later",
      ),
    });
    const any = { ...configuration, model: undefined };
    expect(await foundBy(await TwoStageRetriever.fromConfiguration(any, options))).toHaveLength(2);
  });

  test("refuses another file of the model", async () => {
    const model = join(import.meta.dirname, "../fixtures/models/tiny-bert-reranker");
    await using reranker = new CrossEncoderReranker({ model, device: "cpu", dtype: "int8" });
    const { fileHash, arithmetic } = (await reranker.info()) ?? {};
    const given = { ...options, reranker };
    const made = { ...configuration, model: { name: model, fileHash, arithmetic } };
    await expect(TwoStageRetriever.fromConfiguration(made, given)).resolves.toBeDefined();
    await using fp32 = new CrossEncoderReranker({ model, device: "cpu", dtype: "fp32" });
    await expect(
      TwoStageRetriever.fromConfiguration(made, { ...options, reranker: fp32 }),
    ).rejects.toMatchObject({ code: "model-mismatch", message: expect.stringContaining("(fp32)") });
  });

  test("refuses a configuration of saturating scores on a machine with exact ones", async () => {
    const model = join(import.meta.dirname, "../fixtures/models/tiny-bert-reranker");
    await using reranker = new CrossEncoderReranker({ model, device: "cpu", dtype: "int8" });
    const { fileHash } = (await reranker.info()) ?? {};
    const saturating = { name: model, fileHash, arithmetic: "int8-saturating" };
    await expect(
      TwoStageRetriever.fromConfiguration(
        { ...configuration, model: saturating },
        { ...options, reranker },
      ),
    ).rejects.toMatchObject({
      code: "model-mismatch",
      message: expect.stringContaining("made with saturating int8 scores"),
    });
  });

  test("refuses what is not a configuration", async () => {
    await expect(TwoStageRetriever.fromConfiguration("{}", options)).rejects.toMatchObject({
      code: "invalid-input",
    });
  });
});
