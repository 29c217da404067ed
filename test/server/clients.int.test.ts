import { CohereRerank } from "@langchain/cohere";
import { Document } from "@langchain/core/documents";
import { OpenAIEmbeddings } from "@langchain/openai";
import { CohereClient, CohereClientV2 } from "cohere-ai";
import OpenAI from "openai-client";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sigmoid } from "../../src/ranking/relevance.ts";
import { orderByScore } from "../../src/ranking/scored.ts";
import { RemotePairScorer } from "../../src/rerankers/index.ts";
import { query, smallModels, startServer, texts, type StartedServer } from "./start-server.ts";

const models = smallModels();
const key = "a-key-of-the-test";
let started: StartedServer;
let logits: number[];
let order: number[];

beforeAll(async () => {
  started = await startServer({
    ...models,
    apiKeys: ["another-key", key],
    modelAliases: ["rerank-v3.5"],
  });
  logits = [...(await models.scorer.score(query, texts)).scores];
  order = orderByScore(logits);
});

afterAll(async () => {
  await started[Symbol.asyncDispose]();
  await models.scorer.dispose();
  await models.embeddings.dispose();
});

describe("RemotePairScorer", () => {
  test.each([
    { dialect: "tei", path: "", isRaw: true },
    { dialect: "cohere", path: "", isRaw: false },
    { dialect: "jina", path: "", isRaw: false },
    { dialect: "vllm", path: "", isRaw: false },
    { dialect: "vllm", path: "/score", isRaw: false },
    { dialect: "infinity", path: "", isRaw: true },
  ] as const)(
    "of the dialect $dialect$path gets the scorer's scores",
    async ({ dialect, path, isRaw }) => {
      const scorer = new RemotePairScorer({
        dialect,
        url: started.url + path,
        apiKey: key,
        model: "rerank-minilm-l3",
        batchSize: 2,
      });
      const { scores } = await scorer.score(query, texts);
      expect([...scores]).toEqual(isRaw ? logits : logits.map(sigmoid));
    },
  );

  test("shows a refusal of this server with its reason", async () => {
    const scorer = new RemotePairScorer({ dialect: "tei", url: started.url, apiKey: "wrong-key" });
    await expect(scorer.score(query, texts)).rejects.toMatchObject({
      code: "server-refused",
      message: expect.stringContaining("Expected an API key of this server"),
    });
  });

  test("sends a text that is too long by itself, and gets the scores of the others", async () => {
    await using small = await startServer({ scorer: models.scorer, limits: { characters: 200 } });
    const scorer = new RemotePairScorer({ dialect: "tei", url: small.url });
    const { scores, unscored } = await scorer.score(query, ["a ".repeat(200), ...texts]);
    expect([...scores].slice(1)).toEqual(logits);
    expect(unscored).toEqual(new Map([[0, "error"]]));
  });

  test("sends half as many texts if a request has too many", async () => {
    await using small = await startServer({ scorer: models.scorer, limits: { documents: 2 } });
    const scorer = new RemotePairScorer({
      dialect: "cohere",
      url: small.url,
      model: "rerank-minilm-l3",
    });
    const { scores } = await scorer.score(query, texts);
    expect([...scores]).toEqual(logits.map(sigmoid));
  });
});

describe("Cohere's client", () => {
  test("reranks with version 2 of the interface", async () => {
    const client = new CohereClientV2({ token: key, environment: started.url });
    const { results } = await client.rerank({
      model: "rerank-v3.5",
      query,
      documents: texts,
      topN: 3,
    });
    expect(results).toEqual(
      order.slice(0, 3).map((index) => ({ index, relevanceScore: sigmoid(logits[index] ?? 0) })),
    );
  });

  test("reads the reason of a refusal", async () => {
    const client = new CohereClientV2({ token: key, environment: started.url, maxRetries: 0 });
    await expect(
      client.rerank({ model: "another", query, documents: texts }),
    ).rejects.toMatchObject({
      statusCode: 404,
      body: { message: expect.stringContaining("rerank-minilm-l3") },
    });
  });

  test("serves LangChain's CohereRerank", async () => {
    const client = new CohereClient({ token: key, environment: started.url });
    const reranker = new CohereRerank({ client, model: "rerank-v3.5", topN: 2 });
    const documents = texts.map((pageContent) => new Document({ pageContent }));
    const kept = await reranker.compressDocuments(documents, query);
    expect(kept.map(({ pageContent }) => pageContent)).toEqual(
      order.slice(0, 2).map((index) => texts[index]),
    );
  });
});

describe("OpenAI's client", () => {
  test("embeds, in the base64 that it asks for", async () => {
    const client = new OpenAI({ apiKey: key, baseURL: `${started.url}/v1` });
    const { data } = await client.embeddings.create({ model: "all-MiniLM-L6-v2", input: texts });
    const vectors = await models.embeddings.embedDocuments(texts);
    expect(data.map(({ embedding }) => embedding)).toEqual(vectors);
  });

  test("reads the reason of a refusal", async () => {
    const client = new OpenAI({ apiKey: key, baseURL: `${started.url}/v1`, maxRetries: 0 });
    await expect(
      client.embeddings.create({ model: "all-MiniLM-L6-v2", input: [[1, 2]] }),
    ).rejects.toMatchObject({
      status: 400,
      message: expect.stringContaining("Expected `input` to be a string or an array of strings"),
    });
  });

  test("lists the models under the names that it may ask for", async () => {
    const client = new OpenAI({ apiKey: key, baseURL: `${started.url}/v1` });
    const { data } = await client.models.list();
    expect(data).toEqual([
      expect.objectContaining({ id: "rerank-minilm-l3", task: "rerank", aliases: ["rerank-v3.5"] }),
      expect.objectContaining({
        id: "sentence-transformers/all-MiniLM-L6-v2",
        task: "embed",
        aliases: ["all-minilm-l6-v2", "rerank-v3.5"],
      }),
    ]);
    for (const model of ["sentence-transformers/all-MiniLM-L6-v2", "all-minilm-l6-v2"]) {
      expect((await client.embeddings.create({ model, input: "a" })).data).toHaveLength(1);
    }
  });

  test("serves LangChain's OpenAIEmbeddings", async () => {
    const embeddings = new OpenAIEmbeddings({
      model: "all-MiniLM-L6-v2",
      apiKey: key,
      configuration: { baseURL: `${started.url}/v1` },
    });
    expect(await embeddings.embedQuery("A river.")).toEqual(
      (await models.embeddings.embedDocuments(["A river."]))[0],
    );
  });
});
