import { Compile } from "typebox/schema";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sigmoid } from "../../src/ranking/relevance.ts";
import { orderByScore } from "../../src/ranking/scored.ts";
import { createServer } from "../../src/server/index.ts";
import {
  documented,
  query,
  smallIndex,
  smallModels,
  startServer,
  texts,
  type StartedServer,
} from "./start-server.ts";

const models = smallModels();
let started: StartedServer;
let logits: number[];
let order: number[];

beforeAll(async () => {
  started = await startServer({
    ...models,
    index: await smallIndex(models),
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

async function answer(path: string, body: unknown): Promise<unknown> {
  const response = await started.post(path, body);
  const read = await documented(started, response);
  expect([path, response.status, read]).toEqual([path, 200, read]);
  return read;
}

describe("reranking", () => {
  test("answers as Text Embeddings Inference does, with the scorer's own scores", async () => {
    expect(await answer("/rerank", { query, texts, raw_scores: true })).toEqual(
      order.map((index) => ({ index, score: logits[index] })),
    );
    expect(
      await answer("/rerank", { query, texts, truncate: true, truncation_direction: "Right" }),
    ).toEqual(order.map((index) => ({ index, score: sigmoid(logits[index] ?? 0) })));
    expect(await answer("/rerank", { query, texts: ["a"], return_text: true })).toMatchObject([
      { index: 0, text: "a" },
    ]);
  });

  test.each(["/rerank", "/v1/rerank", "/v2/rerank"])(
    "answers at %s as Cohere and Jina do",
    async (path) => {
      const documents = texts.map((text, index) => (index % 2 === 0 ? text : { text, title: "t" }));
      expect(
        await answer(path, {
          model: "rerank-v3.5",
          query,
          documents,
          top_n: 2,
          return_documents: true,
          max_tokens_per_doc: 4096,
        }),
      ).toMatchObject({
        model: "rerank-minilm-l3",
        results: order.slice(0, 2).map((index) => ({
          index,
          relevance_score: sigmoid(logits[index] ?? 0),
          document: { text: texts[index] },
        })),
      });
    },
  );

  test("gives raw scores to clients of Infinity", async () => {
    expect(await answer("/rerank", { query, documents: texts, raw_scores: true })).toMatchObject({
      results: order.map((index) => ({ index, relevance_score: logits[index] })),
    });
  });

  test("answers no texts with no scores, and takes null for a field that is not set", async () => {
    expect(await answer("/rerank", { query, texts: [] })).toEqual([]);
    // oxlint-disable-next-line unicorn/no-null -- what clients in Python send
    const unset = { top_n: null, model: null };
    expect(await answer("/v2/rerank", { query, documents: [], ...unset })).toMatchObject({
      results: [],
    });
  });

  test("scores pairs as vLLM does, one query for all texts or one for each", async () => {
    expect(await answer("/v1/score", { text_1: query, text_2: texts })).toMatchObject({
      data: logits.map((logit, index) => ({ index, score: sigmoid(logit) })),
    });
    const raw = { use_activation: false };
    expect(
      await answer("/score", { text_1: ["a", query], text_2: texts.slice(0, 2), ...raw }),
    ).toMatchObject({ data: [{ index: 0 }, { index: 1, score: logits[1] }] });
    expect(await answer("/score", { text_1: query, text_2: texts[0], ...raw })).toMatchObject({
      data: [{ index: 0, score: logits[0] }],
    });
  });
});

describe("embeddings", () => {
  test("are those of the model, as numbers or in base64", async () => {
    const [vector = []] = await models.embeddings.embedDocuments(["A river."]);
    expect(await answer("/v1/embeddings", { input: "A river." })).toMatchObject({
      model: "sentence-transformers/all-MiniLM-L6-v2",
      data: [{ index: 0, embedding: vector }],
    });
    const coded = await answer("/v1/embeddings", {
      input: ["A river."],
      encoding_format: "base64",
    });
    const bytes = Buffer.from(
      Reflect.get(Object(Reflect.get(Object(coded), "data")[0]), "embedding"),
      "base64",
    );
    expect(vector.map((_, index) => bytes.readFloatLE(index * 4))).toEqual(vector);
  });

  test("are shortened to a length of 1 again, and never lengthened", async () => {
    const vectors = await answer("/embed", { inputs: ["A river.", "A hill."], dimensions: 8 });
    const [first, second, ...others] = Array.from(Object(vectors), (vector) =>
      Float64Array.from(Object(vector)),
    );
    expect([first?.length, second?.length, others]).toEqual([8, 8, []]);
    expect(Math.hypot(...(first ?? []))).toBeCloseTo(1, 5);
    const refused = await started.post("/embed", { inputs: "a", dimensions: 4000 });
    expect(refused.status).toBe(422);
    expect(await documented(started, refused)).toMatchObject({
      error: expect.stringContaining("Expected `dimensions` to be at most 384"),
    });
  });

  test("of a query have its prompt", async () => {
    const vector = await models.embeddings.embedQuery("A river.");
    expect(await answer("/embed", { inputs: "A river.", prompt_name: "query" })).toEqual([vector]);
  });
});

describe("search", () => {
  test("returns the trace with provenance", async () => {
    const found = await answer("/search", {
      question: query,
      k: 2,
      hybrid: true,
      filter: { source: "texts.md" },
    });
    expect(found).toMatchObject({
      query,
      coverage: { scored: 4, candidates: 4 },
      stages: expect.arrayContaining([expect.objectContaining({ name: "rerank", count: 4 })]),
      results: [
        { id: `t${order[0]}`, metadata: { source: "texts.md" }, retrieval: { rank: 1 } },
        {},
      ],
    });
  });

  test.each([
    [{ k: 3, candidateCount: 2 }, "Expected `candidateCount` to be at least 3"],
    [{ fusion: "rrf" }, "Expected `fusion` together with `hybrid: true`"],
    [{ rerank: false, blend: 0.5 }, "Expected `blend` without `rerank: false`"],
    [{ filter: { year: { $gte: "2020" } } }, "year.$gte"],
    [{ instruction: "Prefer rivers." }, "Expected no `instruction`"],
  ])("refuses %j with status 422", async (options, message) => {
    const response = await started.post("/search", { question: query, ...options });
    expect(response.status).toBe(422);
    expect(await documented(started, response)).toMatchObject({
      error: { message: expect.stringContaining(message) },
    });
  });

  test("refuses a count that is not a safe integer", async () => {
    const response = await started.post("/search", { question: query, maxPerSection: 2e20 });
    expect(response.status).toBe(400);
    expect(await documented(started, response)).toMatchObject({
      error: { message: expect.stringContaining("Expected `maxPerSection` to be at most") },
    });
  });

  test("of a server without an index says how to get one", async () => {
    await using other = await startServer({ scorer: models.scorer });
    const response = await other.post("/search", { question: query });
    expect(response.status).toBe(404);
    expect(await documented(other, response)).toMatchObject({
      error: { message: expect.stringContaining("npx langchain-rerank index <folder>") },
    });
  });
});

describe("the model field", () => {
  test.each(["rerank-minilm-l3", "RERANK-MINILM-L3", "rerank-v3.5", ""])(
    "may be %j",
    async (model) => {
      expect(await answer("/v2/rerank", { model, query, documents: ["a"] })).toMatchObject({
        model: "rerank-minilm-l3",
      });
    },
  );

  test("may be an alias of the catalogue", async () => {
    expect(await answer("/v1/embeddings", { model: "all-minilm-l6-v2", input: "a" })).toMatchObject(
      { model: "sentence-transformers/all-MiniLM-L6-v2" },
    );
  });

  test("of another model is refused, with the name of the one that is served", async () => {
    const response = await started.post("/v2/rerank", { model: "other", query, documents: ["a"] });
    expect(response.status).toBe(404);
    expect(await documented(started, response)).toMatchObject({
      message: expect.stringContaining('"rerank-minilm-l3"'),
    });
  });
});

describe("pages", () => {
  test.each(["/health", "/ready", "/info", "/v1/models"])("%s is as documented", async (path) => {
    const response = await fetch(started.url + path);
    expect(response.status).toBe(200);
    await documented(started, response, "get");
  });

  test("/info shows the models and limits, and no path", async () => {
    const response = await fetch(`${started.url}/info`);
    const text = await response.text();
    expect(JSON.parse(text)).toMatchObject({
      reranker: { name: "rerank-minilm-l3", scale: "logit", maxTokens: 512 },
      embeddings: { name: "sentence-transformers/all-MiniLM-L6-v2" },
      search: { hybrid: true },
      limits: { documents: 1000 },
    });
    expect(text).not.toContain(process.cwd());
  });

  test("/metrics counts requests, pairs and the delay of the event loop", async () => {
    await started.post("/rerank", { query, texts });
    const text = await (await fetch(`${started.url}/metrics`)).text();
    expect(text).toMatch(/langchain_rerank_requests_total\{.*route="\/rerank",status="200"\} \d+/);
    expect(text).toMatch(/^langchain_rerank_pairs_total [1-9]\d*$/m);
    expect(text).toMatch(/^langchain_rerank_requests_in_progress 0$/m);
    expect(text).toMatch(/^nodejs_eventloop_lag_p99_seconds \d/m);
  });

  test("/metrics counts the tokens that a model reads, not those that its cache knows", async () => {
    const tokens = async (): Promise<number> => {
      const text = await (await fetch(`${started.url}/metrics`)).text();
      const line = /^langchain_rerank_model_tokens_total\{model="[^"]*MiniLM-L3[^"]*"\} (\d+)$/im;
      return Number(line.exec(text)?.[1]);
    };
    const before = await tokens();
    const asked = { query: "one two", texts: ["three", "four five"] };
    await started.post("/rerank", asked);
    // With three special tokens for each pair.
    expect((await tokens()) - before).toBe(2 + 1 + 3 + (2 + 2 + 3));
    await started.post("/rerank", asked);
    expect((await tokens()) - before).toBe(13);
  });
});

test("/openapi.json describes null for fields that are not set", async () => {
  const { paths } = JSON.parse(await (await fetch(`${started.url}/openapi.json`)).text());
  const { schema } = paths["/v2/rerank"].post.requestBody.content["application/json"];
  const validator = Compile(schema);
  // oxlint-disable-next-line unicorn/no-null -- what clients in Python send
  const [unset, missing] = [{ top_n: null }, { query: null }];
  expect(validator.Check({ query, documents: [], ...unset })).toBe(true);
  expect(validator.Check({ documents: [], ...missing })).toBe(false);
});

test("/metrics counts the pairs whose score was known", async () => {
  await using other = await startServer({ ...models, index: await smallIndex(models) });
  const counted = async (): Promise<readonly unknown[]> => {
    const text = await (await fetch(`${other.url}/metrics`)).text();
    return ["cached_pairs", "pairs"].map((name) => {
      const [, count] = new RegExp(`^langchain_rerank_${name}_total (\\d+)$`, "m").exec(text) ?? [];
      return Number(count);
    });
  };
  const asked = "How many pairs are known?";
  await other.post("/rerank", { query: asked, texts });
  expect(await counted()).toEqual([0, 4]);
  await other.post("/rerank", { query: asked, texts: [...texts, "A new text."] });
  expect(await counted()).toEqual([4, 9]);
  await other.post("/search", { question: asked });
  expect(await counted()).toEqual([8, 13]);
});

test("can be mounted in another server, and is ready once its models are loaded", async () => {
  await using server = createServer({ scorer: models.scorer });
  const ask = (): Promise<Response> =>
    server.fetch(
      new Request("http://mounted.example/rerank", {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ query, texts, raw_scores: true }),
      }),
    );
  expect((await ask()).status).toBe(503);
  await server.load();
  expect(await (await ask()).json()).toEqual(
    order.map((index) => ({ index, score: logits[index] })),
  );
});
