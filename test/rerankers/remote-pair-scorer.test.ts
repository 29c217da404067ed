import { setTimeout as wait } from "node:timers/promises";
import { inspect } from "node:util";
import * as fc from "fast-check";
import { Document } from "@langchain/core/documents";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { CrossEncoderReranker } from "../../src/cross-encoder/cross-encoder-reranker.ts";
import { provenanceOf } from "../../src/documents/provenance.ts";
import type { PairScorer } from "../../src/ranking/pair-scorer.ts";
import { sigmoid } from "../../src/ranking/relevance.ts";
import { RemotePairScorer, type RemotePairScorerOptions } from "../../src/rerankers/index.ts";
import { pairScorerContract } from "../../src/testing/index.ts";
import { RerankStub, stubScore, type StubRequest, type StubTurn } from "./rerank-stub.ts";

let stub: RerankStub;
beforeAll(async () => {
  stub = await RerankStub.start();
});
beforeEach(() => stub.plan());
afterEach(() => vi.unstubAllEnvs());
afterAll(() => stub[Symbol.asyncDispose]());

const scorerWith = (more: Partial<RemotePairScorerOptions> = {}): RemotePairScorer =>
  new RemotePairScorer({ dialect: "tei", url: stub.url, maxRetries: 0, ...more });
const numbered = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => `text ${index}`);
const expected = (texts: readonly string[]): number[] => texts.map(stubScore);
const sizes = (): number[] => stub.requests.map(({ texts }) => texts.length);
/** Refuses each request that has one of these texts. */
const refuse = (status: number, ...refused: readonly string[]): void => {
  stub.decide = ({ texts }) =>
    texts.some((text) => refused.includes(text)) ? { status } : "answer";
};
/** Resolves when the stub has this many requests, and then this holds of the last one. */
const requested = (count: number, holds = (_last: StubRequest): boolean => true): Promise<void> =>
  vi.waitFor(() => {
    const last = stub.requests[count - 1];
    if (last === undefined || !holds(last)) throw new Error("not yet");
  });

describe("batches", () => {
  test("keep the order of the texts, and send equal texts once", async () => {
    const someTexts = fc.array(fc.string({ unit: "grapheme", maxLength: 3 }), { maxLength: 40 });
    const sized = fc.record({
      texts: someTexts,
      batchSize: fc.integer({ min: 1, max: 9 }),
      maxConcurrency: fc.integer({ min: 1, max: 5 }),
      most: fc.integer({ min: 1, max: 12 }),
    });
    await fc.assert(
      fc.asyncProperty(sized, async ({ texts, batchSize, maxConcurrency, most }) => {
        stub.plan();
        stub.decide = (request) => (request.texts.length > most ? { status: 413 } : "answer");
        const { scores } = await scorerWith({ batchSize, maxConcurrency }).score("q", texts);
        expect([...scores]).toEqual(expected(texts));
        const accepted = stub.requests.filter((request) => request.texts.length <= most);
        const sent = accepted.flatMap((request) => request.texts);
        expect(sent.toSorted()).toEqual([...new Set(texts)].toSorted());
        expect(Math.max(0, ...sizes())).toBeLessThanOrEqual(batchSize);
      }),
      { numRuns: 60 },
    );
  });

  test.each([413, 422])("are halved after status %s, and stay so", async (status) => {
    stub.decide = (request) => (request.texts.length > 3 ? { status } : "answer");
    const scorer = scorerWith({ batchSize: 10, maxConcurrency: 1 });
    const texts = numbered(20);
    expect([...(await scorer.score("q", texts)).scores]).toEqual(expected(texts));
    stub.requests.length = 0;
    await scorer.score("q", texts);
    expect(sizes()).toEqual([3, 3, 3, 3, 3, 3, 2]);
  });

  test("a text that is refused on its own gets a reason, and the batches stay as they are", async () => {
    const texts = numbered(8);
    stub.decide = (request) => (request.texts.includes("text 5") ? { status: 413 } : "answer");
    const scorer = scorerWith({ batchSize: 4, maxConcurrency: 1 });
    const { scores, unscored } = await scorer.score("q", texts);
    expect([...scores]).toEqual(
      texts.map((text) => (text === "text 5" ? Number.NaN : stubScore(text))),
    );
    expect(unscored).toEqual(new Map([[5, "error"]]));
    stub.plan();
    await scorer.score("q", texts);
    expect(sizes()).toEqual([4, 4]);
  });

  test.each([
    [413, 2, "front"],
    [422, 2, "front"],
    [413, 3, "front"],
    [422, 3, "back"],
  ])("after status %s, the others are scored though %s are refused at the %s", async (...given) => {
    const [status, count, end] = given;
    const refused = ["long", "longer", "longest"].slice(0, count).map((word) => word.repeat(50));
    const others = ["a", "b", "c", "", "d", "e"];
    const texts = end === "front" ? [...refused, ...others] : [...others, ...refused];
    refuse(status, "", ...refused);
    for (const batchSize of [2, 4, 32]) {
      const seen: number[] = [];
      const { scores, unscored } = await scorerWith({ batchSize }).score("q", texts, {
        onScored: (index) => seen.push(index),
      });
      const isRefused = (text: string): boolean => text === "" || refused.includes(text);
      expect([...scores]).toEqual(
        texts.map((text) => (isRefused(text) ? Number.NaN : stubScore(text))),
      );
      const indices = [...texts.keys()].filter((index) => isRefused(texts[index] ?? ""));
      expect(unscored).toEqual(new Map(indices.map((index) => [index, "error"])));
      expect(seen.toSorted((a, b) => a - b)).toEqual(
        [...texts.keys()].filter((index) => !indices.includes(index)),
      );
    }
  });

  test("a server that refuses everything is asked a few times only", async () => {
    stub.decide = () => ({ status: 422, body: '{"detail":"no model"}' });
    await expect(scorerWith().score("q", numbered(32))).rejects.toMatchObject({
      code: "server-refused",
      message: expect.stringContaining('status 422, application/json, "{"detail":"no model"}"'),
    });
    expect(sizes()).toEqual([32, 16, 8, 4, 2, 1, 1]);
  });

  /** What llama.cpp answers if a text is too long for its physical batch, and for its context. */
  const tooLong = [
    [500, "server_error", "input (2005 tokens) is too large to process. increase the physical"],
    [400, "exceed_context_size_error", "request (2005 tokens) exceeds the available context size"],
  ] as const;
  test.each(tooLong)("are halved after llama.cpp's status %s", async (code, type, message) => {
    const texts = numbered(8);
    const longTexts = new Set(texts.slice(0, 2));
    stub.decide = (request) =>
      request.texts.some((text) => longTexts.has(text))
        ? { status: code, body: JSON.stringify({ error: { code, message, type } }) }
        : "answer";
    const scorer = scorerWith({ dialect: "llama.cpp", batchSize: 4, maxRetries: 1 });
    const { scores, unscored } = await scorer.score("q", texts);
    expect([...scores]).toEqual(
      texts.map((text) => (longTexts.has(text) ? Number.NaN : stubScore(text))),
    );
    expect(unscored).toEqual(
      new Map([
        [0, "error"],
        [1, "error"],
      ]),
    );
    await expect(scorer.score("q", texts.slice(0, 2))).rejects.toMatchObject({
      code: "server-refused",
      message: expect.stringContaining("shorten the texts, or raise the server's limit"),
    });
  });

  test("run as many at once as allowed, over all calls", async () => {
    let [running, most] = [0, 0];
    stub.decide = async (): Promise<StubTurn> => {
      most = Math.max(most, ++running);
      await wait(5);
      running -= 1;
      return "answer";
    };
    const scorer = scorerWith({ batchSize: 1, maxConcurrency: 3 });
    await Promise.all([scorer.score("q", numbered(9)), scorer.score("q", numbered(9))]);
    expect(stub.requests).toHaveLength(18);
    expect(most).toBe(3);
  });

  test("hold whole characters", async () => {
    await scorerWith().score("a\uD800b", ["\uDC00", "c"]);
    expect(stub.requests[0]?.body).toMatchObject({ query: "a\uFFFDb", texts: ["\uFFFD", "c"] });
  });

  test("an answer is read up to a limit", async () => {
    stub.plan({ body: `["${"x".repeat(33 * 2 ** 20)}"]` });
    await expect(scorerWith().score("q", ["a"])).rejects.toMatchObject({
      code: "server-answer-invalid",
      message: expect.stringContaining("got more than 33554432 bytes (status 200"),
    });
  });
});

describe("a request that failed", () => {
  const passing: readonly (readonly [string, StubTurn])[] = [
    ["429", { status: 429, headers: { "retry-after": "0" } }],
    ["429 without Retry-After", { status: 429 }],
    ["500", { status: 500 }],
    ["503 until a date that has passed", passed(503)],
    ["a reset", "reset"],
    ["a reset within the answer", "reset-within"],
  ];
  test.concurrent.each(passing)("is sent again after %s", async (_fault, turn) => {
    await using own = await RerankStub.start();
    own.plan(turn);
    const { scores } = await scorerWith({ url: own.url, maxRetries: 1 }).score("q", ["a"]);
    expect([...scores]).toEqual(expected(["a"]));
    expect(own.requests).toHaveLength(2);
  });

  test("is sent again no sooner than the server asks", async () => {
    let isTooSoon = true;
    stub.decide = (_request, index) => {
      if (index > 0) return "answer";
      setTimeout(() => (isTooSoon = false), 1900);
      return { status: 429, headers: { "retry-after": "2" } };
    };
    await scorerWith({ maxRetries: 1 }).score("q", ["a"]);
    expect(isTooSoon).toBe(false);
  });

  const final: readonly (readonly [string, StubTurn])[] = [
    ["400", { status: 400 }],
    ["401", { status: 401 }],
    ["413 of one text", { status: 413 }],
    ["501", { status: 501 }],
    ["429 for more than a minute", { status: 429, headers: { "retry-after": "61" } }],
    ["an answer that is no JSON", { body: "x" }],
  ];
  test.each(final)("is not sent again after %s", async (_fault, turn) => {
    stub.plan(turn);
    await expect(scorerWith({ maxRetries: 3 }).score("q", ["a"])).rejects.toThrow("Expected");
    expect(stub.requests).toHaveLength(1);
  });

  test("is not sent again once the retries are used up", async () => {
    stub.decide = () => ({ status: 500 });
    await expect(scorerWith({ maxRetries: 1 }).score("q", ["a"])).rejects.toMatchObject({
      code: "server-unreachable",
    });
    expect(stub.requests).toHaveLength(2);
  });
});

/** A callback with a mistake in it. */
function faultyCallback(): never {
  throw new Error("of the caller");
}

function passed(status: number): StubTurn {
  return { status, headers: { "retry-after": new Date(0).toUTCString() } };
}

test("says that no server listens there", async () => {
  await expect(scorerWith({ url: "http://127.0.0.1:9" }).score("q", ["a"])).rejects.toMatchObject({
    code: "server-unreachable",
    message: expect.stringMatching(
      /^Expected scores from http:\/\/127\.0\.0\.1:9\/rerank, got no answer \(.+\): check `url`/,
    ),
  });
});

describe("an abort", () => {
  test.each([
    ["while the server thinks", "hang"],
    ["in the midst of an answer", "hang-within"],
  ] as const)("%s closes the connection and gives the reason", async (_when, turn) => {
    stub.plan(turn, "answer");
    const scorer = scorerWith({ maxConcurrency: 1 });
    const user = new AbortController();
    const call = scorer.score("q", ["a"], { signal: user.signal });
    const next = scorer.score("q", ["b"]);
    await requested(1);
    user.abort("gone");
    await expect(call).rejects.toBe("gone");
    expect([...(await next).scores]).toEqual(expected(["b"]));
    await requested(1, ({ outcome }) => outcome === "left");
  });

  test("while a retry waits frees its place", async () => {
    stub.plan({ status: 429, headers: { "retry-after": "50" } }, "answer");
    const scorer = scorerWith({ maxConcurrency: 1, maxRetries: 2 });
    const user = new AbortController();
    const call = scorer.score("q", ["a"], { signal: user.signal });
    await requested(1, ({ outcome }) => outcome === "answered");
    const next = scorer.score("q", ["b"]);
    user.abort(new Error("gone"));
    await expect(call).rejects.toThrow("gone");
    expect([...(await next).scores]).toEqual(expected(["b"]));
  });

  test("leaves what waits in the queue unsent", async () => {
    stub.decide = () => "hang";
    const scorer = scorerWith({ batchSize: 1, maxConcurrency: 1 });
    const user = new AbortController();
    const call = scorer.score("q", numbered(5), { signal: user.signal });
    await requested(1);
    user.abort(new Error("gone"));
    await expect(call).rejects.toThrow("gone");
    stub.decide = () => "answer";
    await scorer.score("q", ["z"]);
    expect(stub.requests.map(({ texts }) => texts)).toEqual([["text 0"], ["z"]]);
  });
});

test("a deadline keeps what came, and says which texts have no score", async () => {
  stub.decide = (_request, index) => (index === 0 ? "answer" : "hang");
  const scorer = scorerWith({ batchSize: 2, maxConcurrency: 1 });
  const seen: number[] = [];
  const { scores, unscored } = await scorer.score("q", numbered(4), {
    deadlineMs: 300,
    onScored: (index) => seen.push(index),
  });
  expect([...scores]).toEqual([...expected(numbered(2)), Number.NaN, Number.NaN]);
  expect([...(unscored ?? [])]).toEqual([
    [2, "deadline"],
    [3, "deadline"],
  ]);
  expect(new Set(seen)).toEqual(new Set([0, 1]));
  await requested(2, ({ outcome }) => outcome === "left");
});

test("an error of onScored ends the call", async () => {
  await expect(scorerWith().score("q", ["a"], { onScored: faultyCallback })).rejects.toThrow(
    "of the caller",
  );
});

describe("a key", () => {
  const apiKey = "sk-0123456789";

  test("is in nothing that can be printed, whatever the server says", async () => {
    const echo = `{"detail":"${apiKey} and Bearer ${apiKey} and token-of-a-header"}`;
    const scorer = scorerWith({ apiKey, headers: { "x-token": "Basic token-of-a-header" } });
    const codes = apiKey.replaceAll(/./g, (letter) => `\\u00${letter.charCodeAt(0).toString(16)}`);
    const failures = [
      { status: 401, body: echo },
      { status: 401, body: `{"detail":"${codes} or ${encodeURIComponent(codes)}"}` },
      { body: `[{"index":0,"score":"${codes}"}]` },
      { status: 500, body: echo },
      { status: 200, body: echo },
      { status: 307, headers: { location: `/${apiKey}?key=${apiKey}` } },
      { status: 400, headers: { "content-type": `text/${apiKey}` } },
      { body: `[{"index":0,"score":"${apiKey} \u202e"}]` },
      { body: `[{"index":"${apiKey} \u202e","score":0}]` },
      "reset",
    ] as const;
    stub.plan(...failures);
    for (let call = 0; call < failures.length; call += 1) {
      const error: unknown = await scorer.score("q", ["a"]).catch((reason: unknown) => reason);
      const shown = inspect(error, { depth: 9, showHidden: true });
      expect(shown).toContain("RetrievalError");
      expect(shown).not.toMatch(/sk-0123|u0073|token-of-a-header|\u202e/);
    }
    expect(stub.requests[0]?.headers).toMatchObject({
      authorization: `Bearer ${apiKey}`,
      "x-token": "Basic token-of-a-header",
    });
    expect(inspect(scorer, { depth: 9, showHidden: true })).not.toContain("0123");
    expect(JSON.stringify(scorer)).toBe(`{"name":"${scorer.name}","scale":"logit"}`);
  });

  test.each([
    ["session=SECRETCOOKIE; theme=dark", "cookie session is SECRETCOOKIE"],
    ["session=SECRETCOOKIE; theme=dark", "cookie session=SECRETCOOKIE;"],
    ["session=SECRETCOOKIE; theme=dark", "session=SECRETCOOKIE;%20theme=dark"],
    ['Digest username="x", response="SECRETHASH"', "wrong response SECRETHASH"],
    ["SECRETKEY en", "not SECRETKEY"],
    ["Basic SECRETBASE64==", "not SECRETBASE64"],
    ["SECRET/A=B=C", "not SECRET/A=B=C"],
    ["SECRET", "not SECRET"],
    ["SEC", "not SEC, 'SEC' or %22SEC%22"],
  ])("in a header %s is not in an error", async (value, echo) => {
    stub.plan({ status: 401, body: `${echo}, second sector` });
    const call = scorerWith({ headers: { cookie: value } }).score("q", ["a"]);
    const error: unknown = await call.catch((reason: unknown) => reason);
    const shown = inspect(error, { depth: 9, showHidden: true });
    expect(shown).toMatch(/\[secret\].*, second sector"/);
    expect(shown).not.toMatch(/SEC/);
  });

  test.each(["key=SECRETQUERY", "SECRETQUERY", "v=1&k=SECRET%2fQUERY+SECRET&tags=SECRETTAG,b"])(
    "in the query of the address is not in an error: %s",
    async (query) => {
      const scorer = scorerWith({ url: `${stub.url}/rerank?${query}` });
      for (const form of [String, decodeURIComponent]) {
        stub.decide = ({ path }) => ({ status: 404, body: `Not found: ${form(path)}` });
        const error: unknown = await scorer.score("q", ["a"]).catch((reason: unknown) => reason);
        const shown = inspect(error, { depth: 9, showHidden: true });
        expect(shown).toMatch(/Not found: \/rerank\?.*\[secret\]/);
        expect(shown).not.toMatch(/SECRET|QUERY/);
      }
      expect(scorer.name).not.toContain("SECRET");
    },
  );

  test("that an answer has among its scores leaves them as they are", async () => {
    stub.plan({ body: '[{"index":0,"score":0.1234567}]' }, { body: '[{"index":1234567}]' });
    const scorer = scorerWith({ headers: { "x-tenant": "123456", "x-field": "index" } });
    expect([...(await scorer.score("q", ["a"])).scores]).toEqual([0.1234567]);
    await expect(scorer.score("q", ["a"])).rejects.toThrow("is [secret]7 (status 200");
  });

  test.each([200, 400])("is in no part of a long body (status %s)", async (status) => {
    const key = "SECRETKEY-0123456789";
    const most = status === 200 ? 33 * 2 ** 20 : 2 ** 16;
    for (const end of [2, 9, key.length]) {
      const body = key.slice(end) + "x".repeat(most);
      stub.plan({ status, firstPart: `bad Bearer ${key.slice(0, end)}`, body });
      const error: unknown = await scorerWith({ apiKey: key })
        .score("q", ["a"])
        .catch((reason: unknown) => reason);
      expect(inspect(error, { depth: 9 })).toContain('"bad Bearer [secret]xxx');
      expect(inspect(error, { depth: 9 })).not.toContain("SE");
    }
    const location = `/${"x".repeat(150)}/${key}`;
    stub.plan({ status: 307, headers: { location } });
    await expect(scorerWith({ apiKey: key }).score("q", ["a"])).rejects.toThrow(/x\/\[secret\] \(/);
  });

  test("from the environment goes to the provider only", async () => {
    vi.stubEnv("COHERE_API_KEY", apiKey);
    await scorerWith({ dialect: "cohere", model: "m" }).score("q", ["a"]);
    expect(stub.requests[0]?.headers.authorization).toBeUndefined();
    // The provider itself needs one.
    vi.stubEnv("COHERE_API_KEY", "");
    const given = { dialect: "cohere", model: "m" } as const;
    expect(() => new RemotePairScorer(given)).toThrow(
      "Expected `apiKey`, or the environment variable COHERE_API_KEY",
    );
    expect(() => new RemotePairScorer({ ...given, url: "https://api.cohere.com" })).toThrow(
      "COHERE_API_KEY",
    );
    expect(() => new RemotePairScorer({ ...given, apiKey })).not.toThrow();
    const headers = { Authorization: "Bearer b" };
    expect(() => new RemotePairScorer({ ...given, headers })).not.toThrow();
    vi.stubEnv("COHERE_API_KEY", apiKey);
    expect(() => new RemotePairScorer(given)).not.toThrow();
    expect(() => new RemotePairScorer({ ...given, apiKey, headers })).toThrow("got both");
  });

  test.each([
    { apiKey: "sk-0123\n" },
    { apiKey: "sk-0123\u00e9" },
    { headers: { "x-key": "sk-0123\n" } },
    { headers: Object("Bearer sk-0123") },
    { url: "http://user:sk-0123@localhost" },
    { url: "sk-0123@localhost" },
    { url: "http://localhost/#sk-0123" },
  ])("that cannot be sent is refused without showing it: %o", (more) => {
    const [name = ""] = Object.keys(more);
    let message = "";
    try {
      scorerWith(more);
    } catch (error) {
      message = inspect(error);
    }
    expect(message).toContain(`Expected \`${name}`);
    expect(message).not.toContain("sk-");
  });
});

test("needs what its server needs", () => {
  expect(() => new RemotePairScorer({ dialect: "tei" })).toThrow(
    "Expected `url` for the dialect tei",
  );
  expect(() => scorerWith({ dialect: "voyage" })).toThrow(
    "Expected `model` for the dialect voyage",
  );
  expect(scorerWith().name).toBe(`tei at ${new URL(stub.url).host}`);
});

describe("failover", () => {
  const local: PairScorer = {
    name: "lengths",
    scale: "unbounded",
    score: async (_query, texts, { onScored } = {}) => {
      const scores = texts.map(({ length }) => length);
      for (const [index, score] of scores.entries()) onScored?.(index, score);
      return { scores };
    },
  };
  const whole = {
    scores: Float64Array.of(1, 2, 3),
    scoredBy: { name: "lengths", scale: "unbounded" },
  };
  const texts = ["a", "bb", "ccc"];

  test.each(pairScorerContract)(
    "keeps the contract while the server works: $name",
    async ({ check }) => {
      await expect(check(scorerWith({ failover: local }))).resolves.toBeUndefined();
    },
  );
  test.each(pairScorerContract)(
    "keeps the contract while it does not: $name",
    async ({ check }) => {
      stub.decide = () => ({ status: 500 });
      await expect(check(scorerWith({ failover: local }))).resolves.toBeUndefined();
    },
  );

  test.each<[string, StubTurn]>([
    ["refuses the key", { status: 401 }],
    ["fails", { status: 500 }],
    ["breaks off", "reset-within"],
    ["hangs", "hang"],
    ["answers nonsense", { body: "[]" }],
  ])("scores the whole call if the server %s for a part of it", async (_fault, turn) => {
    stub.decide = (request) => (request.texts.includes("ccc") ? turn : "answer");
    const errors: unknown[] = [];
    const seen: number[] = [];
    const scorer = scorerWith({
      failover: local,
      batchSize: 2,
      timeoutMs: 100,
      onFailover: (error) => errors.push(error),
    });
    const result = await scorer.score("q", texts, { onScored: (index) => seen.push(index) });
    expect(result).toMatchObject(whole);
    expect([...seen].toSorted((a, b) => a - b)).toEqual([0, 1, 2]);
    expect(errors).toMatchObject([{ name: "RetrievalError" }]);
    expect(scorer).toMatchObject({ scale: "logit" });
  });

  test("rejects with what `onFailover` throws", async () => {
    const thrown = new Error("not reported");
    const onFailover = () => {
      throw thrown;
    };
    stub.plan({ status: 400 });
    const scorer = scorerWith({ failover: local, onFailover });
    await expect(scorer.score("q", texts)).rejects.toBe(thrown);
  });

  test("waits for `onFailover`, and rejects if it does", async () => {
    const thrown = new Error("not reported");
    stub.decide = () => ({ status: 400 });
    const rejecting = scorerWith({ failover: local, onFailover: () => Promise.reject(thrown) });
    await expect(rejecting.score("q", texts)).rejects.toBe(thrown);
    const user = new AbortController();
    const onFailover = async (): Promise<void> => {
      user.abort(new Error("gone"));
      await new Promise(() => undefined);
    };
    const hanging = scorerWith({ failover: local, onFailover });
    await expect(hanging.score("q", texts, { signal: user.signal })).rejects.toThrow("gone");
    await expect(hanging.score("q", texts, { deadlineMs: 300 })).resolves.toMatchObject(whole);
  });

  test("leaves a server alone after three failures in a row, and tries it again after 30 s", async () => {
    vi.useFakeTimers({ toFake: ["performance"] });
    try {
      const scorer = scorerWith({ failover: local });
      const ask = async (): Promise<unknown> => (await scorer.score("q", texts)).scoredBy?.name;
      const [remote, there] = [scorer.name, "lengths"];
      stub.plan({ status: 500 }, { status: 500 }, "answer", { status: 500 }, { status: 500 });
      for (const name of [there, there, remote, there, there]) expect(await ask()).toBe(name);
      stub.plan({ status: 500 });
      expect([await ask(), await ask()]).toEqual([there, there]);
      expect(stub.requests).toHaveLength(1);
      vi.advanceTimersByTime(29_999);
      expect(await ask()).toBe(there);
      expect(stub.requests).toHaveLength(1);
      vi.advanceTimersByTime(1);
      // One call tries the server; others do not wait for it.
      stub.plan("hang");
      const user = new AbortController();
      const trying = scorer.score("q", texts, { signal: user.signal });
      await requested(1);
      expect(await ask()).toBe(there);
      user.abort(new Error("gone"));
      await expect(trying).rejects.toThrow("gone");
      expect(stub.requests).toHaveLength(1);
      // An abort says nothing about the server, so the next call tries it.
      stub.plan({ status: 500 });
      expect([await ask(), await ask()]).toEqual([there, there]);
      expect(stub.requests).toHaveLength(1);
      vi.advanceTimersByTime(30_000);
      stub.plan();
      expect([await ask(), await ask()]).toEqual([remote, remote]);
      expect(stub.requests).toHaveLength(2);
    } finally {
      vi.useRealTimers();
    }
  });

  test("does not count calls whose texts are all too long for the server", async () => {
    const scorer = scorerWith({ failover: local });
    for (const status of [413, 422]) {
      stub.plan();
      expect((await scorer.score("q", ["a"])).scoredBy?.name).toBe(scorer.name);
      stub.decide = () => ({ status });
      for (let call = 0; call < 4; call += 1) {
        expect((await scorer.score("q", texts)).scoredBy?.name).toBe("lengths");
      }
      stub.plan();
      expect((await scorer.score("q", texts)).scoredBy?.name).toBe(scorer.name);
    }
    // Without any score before, status 422 may be about the form of every request.
    const misled = scorerWith({ failover: local });
    stub.decide = () => ({ status: 422 });
    for (let call = 0; call < 3; call += 1) await misled.score("q", texts);
    stub.plan();
    expect((await misled.score("q", texts)).scoredBy?.name).toBe("lengths");
  });

  test("counts a call that its deadline ended without a score as a failure", async () => {
    stub.decide = () => "hang";
    const scorer = scorerWith({ failover: local });
    for (let call = 0; call < 3; call += 1) {
      const { unscored } = await scorer.score("q", texts, { deadlineMs: 20 });
      expect(unscored?.get(0)).toBe("deadline");
    }
    expect(await scorer.score("q", texts, { deadlineMs: 1000 })).toMatchObject(whole);
  });

  test("does not hide a mistake of the caller", async () => {
    const scorer = scorerWith({ failover: local });
    // @ts-expect-error: JavaScript lets this pass.
    await expect(scorer.score("q", [1])).rejects.toMatchObject({ code: "invalid-input" });
    await expect(scorer.score("q", texts, { onScored: faultyCallback })).rejects.toThrow(
      "of the caller",
    );
    expect(stub.requests).toHaveLength(1);
  });

  test.each([false, true])(
    "relevance follows the scale of the scorer in use (%s)",
    async (fails) => {
      stub.decide = () => (fails ? { status: 500 } : "answer");
      const reranker = new CrossEncoderReranker({ scorer: scorerWith({ failover: local }) });
      const documents = texts.map((pageContent) => new Document({ pageContent }));
      const [best] = await reranker.rerank("q", documents);
      const most = Math.max(...texts.map(stubScore));
      expect(best?.metadata.relevanceScore).toBe(fails ? 1 : sigmoid(most));
      expect(best && provenanceOf(best).rerank).toMatchObject({
        model: fails ? "lengths" : scorerWith().name,
        raw: fails ? 3 : most,
      });
    },
  );

  test("adaptive depth never compares scores of two scorers", async () => {
    // The server fails from the second slice on.
    stub.decide = (_request, index) => (index === 0 ? "answer" : { status: 500 });
    const scorer = scorerWith({ failover: local });
    const reranker = new CrossEncoderReranker({ scorer, adaptiveDepth: true, topN: 99 });
    const documents = numbered(15).map((pageContent) => new Document({ pageContent }));
    const ranked = await reranker.rerank("q", documents);
    expect(ranked).toHaveLength(15);
    for (const document of ranked) {
      const { length: raw } = document.pageContent;
      expect(provenanceOf(document).rerank).toMatchObject({ model: "lengths", raw });
    }
  });
});
