import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import {
  RemotePairScorer,
  type RemotePairScorerOptions,
  type RerankDialect,
} from "../../src/rerankers/index.ts";
import { dialects, endpointOf } from "../../src/rerankers/dialects.ts";
import { pairScorerContract } from "../../src/testing/index.ts";
import { answerTo, resultsOf, RerankStub, stubScore, type StubTurn } from "./rerank-stub.ts";

const model = "a-model";
const documents = ["short", "a longer text", ""];

/** What each kind of server is sent, and what its scores mean. */
const kinds: readonly {
  readonly dialect: RerankDialect;
  readonly path: string;
  readonly given?: string;
  readonly body: object;
  readonly scale: string;
}[] = [
  {
    dialect: "tei",
    path: "/rerank",
    body: { query: "q", texts: documents, raw_scores: true, truncate: true },
    scale: "logit",
  },
  {
    dialect: "cohere",
    path: "/v2/rerank",
    body: { model, query: "q", documents, top_n: 3 },
    scale: "probability",
  },
  {
    dialect: "jina",
    path: "/v1/rerank",
    body: { model, query: "q", documents, top_n: 3, return_documents: false },
    scale: "unbounded",
  },
  {
    dialect: "vllm",
    path: "/v1/rerank",
    body: { model, query: "q", documents, top_n: 3, truncate_prompt_tokens: -1 },
    scale: "probability",
  },
  {
    dialect: "vllm",
    path: "/rerank",
    given: "/rerank",
    body: { model, query: "q", documents, top_n: 3, truncate_prompt_tokens: -1 },
    scale: "probability",
  },
  {
    dialect: "vllm",
    path: "/score",
    given: "/score",
    body: { model, text_1: "q", text_2: documents, truncate_prompt_tokens: -1 },
    scale: "probability",
  },
  {
    dialect: "infinity",
    path: "/rerank",
    body: { model, query: "q", documents, raw_scores: true, return_documents: false },
    scale: "logit",
  },
  {
    dialect: "llama.cpp",
    path: "/v1/rerank",
    body: { model, query: "q", documents, top_n: 3 },
    scale: "logit",
  },
  {
    dialect: "voyage",
    path: "/v1/rerank",
    body: { query: "q", documents, model, top_k: 3, truncation: true },
    scale: "probability",
  },
];

interface StubResult {
  readonly index: unknown;
  readonly score: unknown;
}

/** Gives the best result another index or score. */
const first =
  (field: keyof StubResult, value: unknown) =>
  (results: readonly StubResult[]): StubResult[] =>
    results.map((result, place) => (place === 0 ? { ...result, [field]: value } : result));

let stub: RerankStub;
beforeAll(async () => {
  stub = await RerankStub.start();
});
beforeEach(() => stub.plan());
afterAll(() => stub[Symbol.asyncDispose]());

test("every dialect has its cases", () => {
  expect(new Set(kinds.map(({ dialect }) => dialect))).toEqual(new Set(Object.keys(dialects)));
});

describe.each(kinds)("$dialect at $path", ({ dialect, path, given = "", body, scale }) => {
  const scorerWith = (more: Partial<RemotePairScorerOptions> = {}): RemotePairScorer =>
    new RemotePairScorer({
      dialect,
      url: stub.url + given,
      model,
      apiKey: "key-of-the-test",
      maxRetries: 0,
      ...more,
    });

  test("is asked in its own words, and gives the scores in the order of the texts", async () => {
    const scorer = scorerWith();
    const { scores, unscored, scoredBy } = await scorer.score("q", documents);
    expect([...scores]).toEqual(documents.map(stubScore));
    expect(unscored?.size).toBe(0);
    expect(scoredBy).toEqual({ name: model, scale });
    expect(scorer).toMatchObject({ name: model, scale });
    const [request] = stub.requests;
    expect(request).toMatchObject({ path, headers: { authorization: "Bearer key-of-the-test" } });
    expect(request?.body).toEqual(body);
  });

  test.each(pairScorerContract)("$name", async ({ check }) => {
    await expect(check(scorerWith({ batchSize: 3 }))).resolves.toBeUndefined();
  });

  /** An answer with something wrong in it. */
  const wrong = (change: (results: readonly StubResult[]) => readonly StubResult[]): StubTurn => ({
    body: JSON.stringify(answerTo(Object(body), change(resultsOf(documents)))),
  });

  const invalid = "server-answer-invalid";
  const failures: readonly (readonly [string, StubTurn, string, string])[] = [
    [
      "status 400",
      { status: 400, body: '{"error":"no\u001b[31m such field"}' },
      "server-refused",
      String.raw`got status 400, application/json, "{"error":"no\u001b[31m such field"}": check`,
    ],
    ["status 401", { status: 401, body: "" }, "server-refused", "check `apiKey`"],
    ["status 404", { status: 404 }, "server-refused", "check `url` and `dialect`"],
    ["status 413", { status: 413 }, "server-refused", "status 413"],
    ["status 422", { status: 422 }, "server-refused", "status 422"],
    ["status 429", { status: 429, headers: { "retry-after": "7" } }, "overloaded", "status 429"],
    ["status 500", { status: 500 }, "server-unreachable", "status 500"],
    ["a reset", "reset", "server-unreachable", "got no answer ("],
    ["a reset within the answer", "reset-within", "server-unreachable", "got no answer ("],
    ["a truncated answer", { body: '{"results":[{"ind' }, invalid, "not JSON (status 200"],
    [
      "a page of HTML",
      { body: `<html>${"x".repeat(500)}`, headers: { "content-type": "text/html" } },
      invalid,
      `text that is not JSON (status 200, text/html, "<html>${"x".repeat(193)}…"): check`,
    ],
    ["NaN, which is no JSON", { body: '[{"index":0,"score":NaN}]' }, invalid, '"score":NaN}]"'],
    ["null", { body: "null" }, invalid, "got no array"],
    ["another answer", { body: '{"detail":"hi"}' }, invalid, "got no array"],
    // oxlint-disable-next-line unicorn/no-null -- what JSON gives
    ["a score of null", wrong(first("score", null)), invalid, "score` null for text"],
    ["a score in words", wrong(first("score", "NaN")), invalid, 'score` "NaN" for text'],
    ["a score too few", wrong((results) => results.slice(1)), invalid, "got 2 of them"],
    [
      "a score too many",
      wrong((results) => [...results, { index: 3, score: 0 }]),
      invalid,
      "got a result whose `index` is 3",
    ],
    ["an index below 0", wrong(first("index", -1)), invalid, "whose `index` is -1"],
    ["an index in words", wrong(first("index", "1")), invalid, 'whose `index` is "1"'],
    [
      "an index twice",
      wrong((results) => results.map((result) => ({ ...result, index: 1 }))),
      invalid,
      "got two results with the `index` 1",
    ],
  ];
  test.each(failures)("says what is wrong with %s", async (_fault, turn, code, message) => {
    stub.decide = () => turn;
    await expect(scorerWith().score("q", documents)).rejects.toMatchObject({
      name: "RetrievalError",
      code,
      message: expect.stringContaining(message),
    });
  });

  test.each(["hang", "hang-within"] as const)("ends a request that does: %s", async (turn) => {
    stub.plan(turn);
    await expect(scorerWith({ timeoutMs: 60 }).score("q", documents)).rejects.toMatchObject({
      code: "server-unreachable",
      message: expect.stringContaining("no answer within 60 ms"),
    });
    const { scores } = await scorerWith().score("q", documents);
    expect([...scores]).toEqual(documents.map(stubScore));
  });

  test.each([301, 302, 303, 307, 308])("sends nothing on after a redirect (%s)", async (status) => {
    await using other = await RerankStub.start();
    stub.plan({ status, headers: { location: `${other.url}/rerank?key=1` } });
    await expect(scorerWith().score("q", documents)).rejects.toMatchObject({
      code: "server-refused",
      message: expect.stringContaining(`a redirect to ${other.url}/rerank (status ${status})`),
    });
    expect(other.requests).toEqual([]);
  });
});

test("a score outside 0..1 is not a probability, and the error names the option", async () => {
  stub.plan({ body: '{"results":[{"index":0,"relevance_score":3.5}]}' });
  const given = { dialect: "vllm", url: stub.url, maxRetries: 0 } as const;
  await expect(new RemotePairScorer(given).score("q", ["a"])).rejects.toMatchObject({
    code: "server-answer-invalid",
    message: expect.stringContaining(
      "the score 3.5 for text 0, which is not a probability; pass `scale",
    ),
  });
  stub.plan({ body: '{"results":[{"index":0,"relevance_score":3.5}]}' });
  const logits = new RemotePairScorer({ ...given, scale: "logit" });
  expect([...(await logits.score("q", ["a"])).scores]).toEqual([3.5]);
});

test.each([
  ["http://host:1", "cohere", "http://host:1/v2/rerank"],
  ["http://host:1/", "tei", "http://host:1/rerank"],
  ["http://host:1/v1", "vllm", "http://host:1/v1/rerank"],
  ["http://host:1/v1/", "jina", "http://host:1/v1/rerank"],
  ["http://host:1/a/b/", "llama.cpp", "http://host:1/a/b/v1/rerank"],
  ["http://host:1/v1", "tei", "http://host:1/v1/rerank"],
  ["http://host:1/rerank", "vllm", "http://host:1/rerank"],
  ["http://host:1/a/v2/rerank?b=c", "jina", "http://host:1/a/v2/rerank?b=c"],
  ["http://host:1/score", "tei", "http://host:1/score/rerank"],
  ["http://host:1/score", "jina", "http://host:1/score/v1/rerank"],
  ["http://host:1/a?b=c", "infinity", "http://host:1/a/rerank?b=c"],
] as const)("%s of the kind %s is asked at %s", (url, dialect, endpoint) => {
  expect(endpointOf(url, dialects[dialect]).href).toBe(endpoint);
});
