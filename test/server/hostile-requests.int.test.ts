import { EventEmitter, once } from "node:events";
import { connect, type Socket } from "node:net";
import { text as readText } from "node:stream/consumers";
import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { OnnxCrossEncoder } from "../../src/cross-encoder/onnx-cross-encoder.ts";
import type { PairScorer } from "../../src/ranking/pair-scorer.ts";
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
const key = "the-key-of-the-test";
const secret = "SECRET-TEXT-OF-A-DOCUMENT";
let started: StartedServer;
let closed: StartedServer;

beforeAll(async () => {
  const index = await smallIndex(models);
  started = await startServer({ ...models, index, limits: { receiveMs: 300, documents: 10_000 } });
  closed = await startServer({ ...models, apiKeys: [key] });
});

afterAll(async () => {
  for (const each of [started, closed]) await each[Symbol.asyncDispose]();
  await models.scorer.dispose();
  await models.embeddings.dispose();
});

/** Sends bytes as they are, and reads until the server closes the connection. */
async function raw(send: (socket: Socket) => void, port = started.port): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  await once(socket, "connect");
  socket.on("error", () => undefined);
  const answer = readText(socket).catch(() => "");
  send(socket);
  return answer;
}

/** The status of a request with these headers. */
async function statusOf(headers: string, port: number): Promise<string> {
  const body = JSON.stringify({ query, texts });
  const answer = await raw(
    (socket) =>
      socket.end(
        `POST /rerank HTTP/1.1\r\n${headers}\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
      ),
    port,
  );
  return answer.slice(9, 12);
}

describe("a body", () => {
  test.each([
    ["that is no JSON", "{query", 400],
    ["that is no UTF-8", Buffer.from('{"query": "caf\xe9", "texts": []}', "latin1"), 400],
    ["that is empty", "", 400],
    ["that is an array", "[]", 400],
    ["with a wrong type", { query: 1, texts: [secret] }, 400],
    ["with a wrong type in a list", { query, texts: [secret, [secret]] }, 400],
    ["without a query", { texts: [secret] }, 400],
    ["of no known form", { query: secret }, 400],
    ["with an unknown field", { query, documents: [], topn: 1 }, 400],
    [
      "with a field that would change the result",
      { query, documents: [], rank_fields: ["a"] },
      422,
    ],
    ["with a value that would change it", { query, texts: [], truncation_direction: "Left" }, 422],
    ["that is nested too deeply", `${'{"query":'.repeat(50)}1${"}".repeat(50)}`, 400],
    ["that is nested a million times", "[".repeat(1e6) + "]".repeat(1e6), 400],
    ["with a name of Object", `{"__proto__": {"query": "a"}, "constructor": 1}`, 400],
  ] as const)("%s is refused and not quoted", async (_what, body, status) => {
    const response = await (Buffer.isBuffer(body)
      ? started.post("/rerank", "", { body })
      : started.post("/rerank", body));
    expect(response.status).toBe(status);
    const message = JSON.stringify(await documented(started, response));
    expect(message).toContain("Expected");
    expect(message).not.toContain(secret);
  });

  test("says which value is wrong, and suggests a name", async () => {
    const wrong = await started.post("/v1/rerank", { query, documents: ["a", "b", "c", 7] });
    expect(await wrong.json()).toMatchObject({
      message: "Expected `documents[3]` to be a string or an object with the string `text`, got 7.",
    });
    const misspelt = await started.post("/v1/rerank", { query, documents: [], topn: 1 });
    expect(await misspelt.json()).toMatchObject({
      message: expect.stringMatching(/got `topn`\. Did you mean `top_n`\?$/),
    });
  });

  test("nested deeply in a filter is refused", async () => {
    const filter = `${'{"$and":['.repeat(1000)}{"a":1}${"]}".repeat(1000)}`;
    const response = await started.post("/search", `{"question": "a", "filter": ${filter}}`);
    expect(response.status).toBe(400);
  });

  test("of another content type is refused: a page could send it", async () => {
    for (const type of ["text/plain", "application/json-seq", ""]) {
      const headers = { "content-type": type };
      const response = await started.post("/rerank", { query, texts }, { headers });
      expect([type, response.status]).toEqual([type, 415]);
    }
    const headers = { "content-encoding": "gzip" };
    const response = await started.post("/rerank", { query, texts }, { headers });
    expect(response.status).toBe(415);
  });

  test("of 100 MB is refused at once", async () => {
    const answer = await raw((socket) =>
      socket.write(
        `POST /rerank HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100000000\r\n\r\n{`,
      ),
    );
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
  });

  test("that is too long does not end the connection of a client that sends it all", async () => {
    const length = 9 * 2 ** 20;
    const answer = await raw((socket) =>
      socket.write(
        `POST /rerank HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\n\r\n${" ".repeat(length)}GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`,
      ),
    );
    expect(answer.match(/HTTP\/1\.1 \d+/g)).toEqual(["HTTP/1.1 413", "HTTP/1.1 200"]);
  });

  test("of 100 MB in chunks is refused once it is longer than the limit", async () => {
    const chunk = `100000\r\n${"a".repeat(2 ** 20)}\r\n`;
    const answer = await raw((socket) => {
      socket.write(
        "POST /rerank HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n",
      );
      for (let count = 0; count < 100; count += 1) socket.write(chunk);
    });
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
  });
});

test("no body makes the server fail, whatever its fields hold", async () => {
  const value = fc.oneof(fc.string(), fc.jsonValue(), fc.array(fc.string(), { maxLength: 3 }));
  const fields = ["query", "texts", "documents", "text_1", "text_2", "input", "inputs", "question"];
  const names = fc.oneof(
    fc.constantFrom(...fields, "top_n", "dimensions", "filter", "k"),
    fc.string(),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom("/rerank", "/v2/rerank", "/score", "/v1/embeddings", "/embed", "/search"),
      fc.dictionary(names, value, { maxKeys: 5 }),
      async (path, body) => {
        const response = await started.post(path, body);
        expect(response.status).toBeLessThan(500);
        await documented(started, response);
      },
    ),
    { numRuns: 300 },
  );
});

test("every text is taken, whatever its characters", async () => {
  const half = fc.constantFrom("\ud800", "\udfff", "\0", "\ufeff", "");
  const text = fc.oneof(fc.string({ unit: "binary" }), half);
  const list = fc.array(text, { maxLength: 3 });
  const shares = {
    blend: fc.double({ min: 0, max: 1, noNaN: true }),
    k: fc.integer({ min: 1, max: 9 }),
  };
  const requests = fc.oneof(
    fc.record({ path: fc.constant("/rerank"), body: fc.record({ query: text, texts: list }) }),
    fc.record({
      path: fc.constant("/v2/rerank"),
      body: fc.record({ query: text, documents: list }),
    }),
    fc.record({ path: fc.constant("/score"), body: fc.record({ text_1: text, text_2: list }) }),
    fc.record({ path: fc.constant("/v1/embeddings"), body: fc.record({ input: list }) }),
    fc.record({
      path: fc.constant("/search"),
      body: fc.record({
        question: text.map((each) => `${each}a`),
        hybrid: fc.boolean(),
        ...shares,
      }),
    }),
  );
  await fc.assert(
    fc.asyncProperty(requests, async ({ path, body }) => {
      const response = await started.post(path, body);
      expect(response.status).toBe(200);
      await documented(started, response);
    }),
    { numRuns: 200 },
  );
});

describe("limits", () => {
  test("10,001 documents are refused with status 413", async () => {
    const documents = Array.from({ length: 10_001 }, () => "a");
    const response = await started.post("/v2/rerank", { query, documents });
    expect(response.status).toBe(413);
    expect(await documented(started, response)).toMatchObject({
      message: "Expected at most 10000 texts in a request, got 10001.",
    });
  });

  test("a text that is too long is refused with status 413", async () => {
    const response = await started.post("/rerank", { query, texts: ["a".repeat(100_001)] });
    expect(response.status).toBe(413);
    await documented(started, response);
  });

  test("a text that the model would cut is refused if the request says so", async () => {
    const long = { query, texts: ["river ".repeat(2000)] };
    expect((await started.post("/rerank", long)).status).toBe(200);
    expect((await started.post("/rerank", { ...long, truncate: false })).status).toBe(413);
    const short = { query, texts, truncate: false };
    expect((await started.post("/rerank", short)).status).toBe(200);
  });

  test("more requests than may work at once get status 429 with Retry-After", async () => {
    const gate = new EventEmitter();
    const opened = once(gate, "open");
    const scorer: PairScorer = {
      name: "gated",
      scale: "logit",
      async score(asked, given, options) {
        if (asked === query) await opened;
        return models.scorer.score(asked, given, options);
      },
    };
    await using small = await startServer({ scorer, limits: { requests: 2 } });
    const waiting = [1, 2].map(() => small.post("/rerank", { query, texts }));
    let refused: Response;
    do refused = await small.post("/rerank", { query: "other", texts });
    while (refused.status === 200);
    expect(refused.status).toBe(429);
    expect(refused.headers.get("retry-after")).toBe("1");
    expect(await documented(small, refused)).toMatchObject({ error_type: "Overloaded" });
    gate.emit("open");
    expect((await Promise.all(waiting)).map(({ status }) => status)).toEqual([200, 200]);
  });

  test("a full queue of the model is status 429, too", async () => {
    await using encoder = new OnnxCrossEncoder({
      model: "rerank-minilm-l3",
      workers: 1,
      maxWaiting: 1,
    });
    await using small = await startServer({ scorer: encoder });
    const many = Array.from({ length: 200 }, (_, index) => `${index} river `.repeat(100));
    const asked = [0, 1, 2].map((each) =>
      small.post("/rerank", { query: `q${each}`, texts: many }),
    );
    const statuses = (await Promise.all(asked)).map(({ status }) => status);
    expect(statuses.toSorted((a, b) => a - b)).toEqual([200, 429, 429]);
  });

  test("a request that takes too long gets status 503, and its pairs leave the queue", async () => {
    await using slow = await startServer({ scorer: models.scorer, limits: { answerMs: 30 } });
    const many = Array.from({ length: 1000 }, (_, index) => `${index} river `.repeat(300));
    const response = await slow.post("/rerank", { query, texts: many });
    expect(response.status).toBe(503);
    expect(response.headers.get("retry-after")).toBe("1");
    await documented(slow, response);
  });
});

describe("a connection", () => {
  test("that sends its headers too slowly is closed", async () => {
    const answer = await raw((socket) => socket.write("POST /rerank HTTP/1.1\r\nHost: loc"));
    expect(answer).toMatch(/^HTTP\/1\.1 408 /);
  });

  test("that sends its body too slowly is closed", async () => {
    const answer = await raw((socket) =>
      socket.write(
        "POST /rerank HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{",
      ),
    );
    expect(answer).toMatch(/^HTTP\/1\.1 408 /);
  });

  test("whose client leaves has its pairs taken out of the queue", async () => {
    await using encoder = new OnnxCrossEncoder({ model: "rerank-minilm-l3", workers: 1 });
    let scored = 0;
    const news = new EventEmitter();
    const first = once(news, "first");
    const scorer: PairScorer = {
      name: "counted",
      scale: "logit",
      score: (asked, given, options) =>
        encoder.score(asked, given, {
          ...options,
          onScored: () => {
            scored += 1;
            if (given.length > 1) news.emit("first");
          },
        }),
    };
    await using small = await startServer({ scorer });
    const many = Array.from({ length: 1000 }, (_, index) => `${index} river `.repeat(300));
    const leaving = new AbortController();
    const request = small.post("/rerank", { query, texts: many }, { signal: leaving.signal });
    await first;
    leaving.abort();
    await expect(request).rejects.toMatchObject({ name: "AbortError" });
    await expect.poll(() => small.log.at(-1)).toMatchObject({ route: "/rerank", status: 499 });
    const soFar = scored;
    expect((await small.post("/rerank", { query: "b", texts: ["c"] })).status).toBe(200);
    expect(soFar).toBeLessThan(1000);
    expect(scored - soFar).toBeLessThan(10); // The new pair, and those that a worker was running.
  });

  test("that sends a forged line break in a header is refused", async () => {
    const answer = await raw((socket) =>
      socket.end(
        "GET /health HTTP/1.1\r\nHost: localhost\r\nx-request-id: a\rset-cookie: b\r\n\r\n",
      ),
    );
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer).not.toMatch(/set-cookie/i);
  });

  test("with headers that are too long is refused", async () => {
    const answer = await raw((socket) =>
      socket.write(
        `GET /health HTTP/1.1\r\nHost: localhost\r\nx-long: ${"a".repeat(40_000)}\r\n\r\n`,
      ),
    );
    expect(answer).toMatch(/^HTTP\/1\.1 431 /);
  });
});

describe("a path", () => {
  test.each([
    "/../../etc/passwd",
    "/%2e%2e/%2e%2e/etc/passwd",
    "/nothing",
    "/rerank/",
    "//",
    "/%00",
  ])("%s is unknown", async (path) => {
    const answer = await raw((socket) =>
      socket.end(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`),
    );
    expect(answer).toMatch(/^HTTP\/1\.1 404 /);
    expect(answer).toContain("Expected a route of this server");
  });

  test("refuses another method, and says which it takes", async () => {
    for (const [method, path, allow] of [
      ["GET", "/rerank", "POST, OPTIONS"],
      ["HEAD", "/rerank", "POST, OPTIONS"],
      ["DELETE", "/health", "GET, HEAD, OPTIONS"],
    ] as const) {
      const response = await fetch(started.url + path, { method });
      expect([response.status, response.headers.get("allow")]).toEqual([405, allow]);
    }
    const options = await fetch(`${started.url}/rerank`, { method: "OPTIONS" });
    expect([options.status, options.headers.get("allow")]).toEqual([204, "POST, OPTIONS"]);
    const headers = [...options.headers.keys()];
    expect(headers.filter((name) => name.startsWith("access-control"))).toEqual([]);
    const head = await fetch(`${started.url}/health`, { method: "HEAD" });
    expect([head.status, await head.text()]).toEqual([200, ""]);
  });
});

describe("a key", () => {
  test.each([
    [{}, 401],
    [{ authorization: "Bearer another-key" }, 401],
    [{ authorization: `Basic ${key}` }, 401],
    [{ authorization: `Bearer ${key}x` }, 401],
    [{ "x-api-key": "" }, 401],
    [{ authorization: `Bearer ${key}` }, 200],
    [{ authorization: `bearer ${key}` }, 200],
    [{ "x-api-key": key }, 200],
  ])("in %j gives status %i", async (headers, status) => {
    const response = await closed.post("/rerank", { query, texts }, { headers });
    expect(response.status).toBe(status);
    if (status === 200) return;
    expect(response.headers.get("www-authenticate")).toMatch(/^Bearer /);
    expect(await response.text()).not.toContain("key-of-the-test");
  });

  test("is needed for every path but /health and /ready", async () => {
    for (const path of ["/info", "/metrics", "/openapi.json", "/nothing"]) {
      expect([path, (await fetch(closed.url + path)).status]).toEqual([path, 401]);
    }
    for (const path of ["/health", "/ready"]) {
      expect([path, (await fetch(closed.url + path)).status]).toEqual([path, 200]);
    }
  });
});

describe("a browser", () => {
  test.each([
    ["Host: localhost", "200"],
    ["Host: 127.0.0.1:1234", "200"],
    ["Host: [::1]:1234", "200"],
    ["Host: evil.example", "403"],
    ["Host: localhost.evil.example", "403"],
    ["Host: localhost\r\nOrigin: http://evil.example", "403"],
    ["Host: localhost\r\nOrigin: null", "403"],
    ["Host: localhost\r\nSec-Fetch-Site: cross-site", "403"],
    ["Host: localhost:8787\r\nOrigin: http://localhost:8787", "200"],
  ])("that sends %j to a server without a key gets %s", async (headers, status) => {
    expect(await statusOf(headers, started.port)).toBe(status);
  });

  test("may follow a link from another site", async () => {
    const answer = await raw((socket) =>
      socket.end(
        "GET /info HTTP/1.1\r\nHost: localhost\r\nSec-Fetch-Site: cross-site\r\nConnection: close\r\n\r\n",
      ),
    );
    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
  });

  test("may use any name of a server with a key", async () => {
    const named = `Host: search.example\r\nAuthorization: Bearer ${key}`;
    expect(await statusOf(named, closed.port)).toBe("200");
  });
});

describe("the access log", () => {
  test("has an id that the answer repeats, and neither texts nor the query string", async () => {
    const headers = { "x-request-id": "id-1" };
    const response = await started.post(
      `/rerank?q=${secret}`,
      { query: secret, texts: [secret] },
      { headers },
    );
    expect(response.headers.get("x-request-id")).toBe("id-1");
    expect(started.log.at(-1)).toMatchObject({
      id: "id-1",
      method: "POST",
      route: "/rerank",
      status: 200,
      pairs: 1,
    });
    await fetch(`${started.url}/${secret}?${secret}`, { headers: { "x-request-id": "a b" } });
    expect(started.log.at(-1)).toMatchObject({ route: "unknown", status: 404 });
    expect(started.log.at(-1)?.id).toMatch(/^[0-9a-f-]{36}$/);
    expect(JSON.stringify(started.log)).not.toContain(secret);
  });
});

test("an error within the scorer is answered with status 500 and no detail", async () => {
  const scorer: PairScorer = {
    name: "broken",
    scale: "logit",
    score: async (asked, given) => {
      if (asked === query) throw new Error(`${secret} /home/somebody`);
      return { scores: given.map(() => 0) };
    },
  };
  await using broken = await startServer({ scorer });
  const response = await broken.post(
    "/rerank",
    { query, texts },
    { headers: { "x-request-id": "id-2" } },
  );
  expect(response.status).toBe(500);
  expect(await documented(broken, response)).toEqual({
    error: "Expected an answer, got an error of the server; its log explains it under the id id-2.",
    error_type: "Backend",
  });
  expect(broken.errors).toMatchObject([{ message: `${secret} /home/somebody` }]);
});

test("answers a client of HTTP/1.0, which sends no header `Host`", async () => {
  const answer = await raw((socket) => socket.end("GET /health HTTP/1.0\r\n\r\n"));
  expect(answer).toMatch(/^HTTP\/1\.1 200 /);
});

test.each([
  ["IDENTITY", 200],
  ["", 200],
  ["gzip", 415],
])("a body with the content encoding %j gets status %i", async (encoding, status) => {
  const headers = { "content-encoding": encoding };
  expect((await started.post("/rerank", { query, texts }, { headers })).status).toBe(status);
});

test("after all requests, nothing failed within the server, and it still works", async () => {
  expect([...started.errors, ...closed.errors]).toEqual([]);
  expect((await started.post("/rerank", { query, texts })).status).toBe(200);
});
