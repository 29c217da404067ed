import { EventEmitter, once } from "node:events";
import { afterAll, expect, test } from "vitest";
import { untilAborted } from "../../src/abort.ts";
import type { PairScorer } from "../../src/ranking/pair-scorer.ts";
import { createServer } from "../../src/server/index.ts";
import {
  documented,
  query,
  smallModels,
  startServer,
  texts,
  waitingScorer,
} from "./start-server.ts";

const models = smallModels();
afterAll(async () => {
  await models.scorer.dispose();
  await models.embeddings.dispose();
});

test("listens before its models are loaded, and refuses work until then", async () => {
  const { scorer, go } = waitingScorer(models.scorer, "a"); // The query of the first run.
  await using server = createServer({ scorer });
  const { url } = await server.listen({ port: 0 });
  expect(server.state).toBe("starting");
  expect((await fetch(`${url}/health`)).status).toBe(200);
  const ready = await fetch(`${url}/ready`);
  expect([ready.status, await documented({ url }, ready, "get")]).toEqual([
    503,
    { status: "starting" },
  ]);
  const body = JSON.stringify({ query, texts });
  const headers = { "content-type": "application/json" };
  const refused = await fetch(`${url}/rerank`, { method: "POST", body, headers });
  expect([refused.status, refused.headers.get("retry-after")]).toEqual([503, "5"]);
  expect(await documented({ url }, refused)).toMatchObject({
    error: expect.stringContaining("whose models are still loaded"),
  });
  go();
  await server.load();
  expect((await fetch(`${url}/ready`)).status).toBe(200);
  expect((await fetch(`${url}/rerank`, { method: "POST", body, headers })).status).toBe(200);
});

test("says that its models cannot be loaded", async () => {
  const scorer: PairScorer = {
    name: "broken",
    scale: "logit",
    score: async () => {
      throw new Error("No such file.");
    },
  };
  await using server = createServer({ scorer });
  const { url } = await server.listen({ port: 0 });
  await expect(server.load()).rejects.toThrow("No such file.");
  const ready = await fetch(`${url}/ready`);
  expect([ready.status, await ready.json()]).toEqual([503, { status: "failed" }]);
});

test("answers what it has accepted when it stops, and nothing more", async () => {
  const { scorer, go, asked } = waitingScorer(models.scorer, query);
  const started = await startServer({ scorer });
  const accepted = started.post("/rerank", { query, texts });
  await asked;
  const closing = started.server.close();
  expect(started.server.state).toBe("draining");
  await expect(fetch(`${started.url}/health`)).rejects.toThrow("fetch failed");
  go();
  const response = await accepted;
  expect([response.status, response.headers.get("connection")]).toEqual([200, "close"]);
  await closing;
  expect(started.server.state).toBe("closed");
});

test("refuses what is left with status 503 when the time to stop is over", async () => {
  const { scorer, go, asked } = waitingScorer(models.scorer, query);
  const patient: PairScorer = {
    ...scorer,
    score: (given, list, options = {}) =>
      untilAborted(scorer.score(given, list, options), options.signal),
  };
  const started = await startServer({ scorer: patient });
  const accepted = started.post("/rerank", { query, texts });
  await asked;
  await started.server.close({ timeoutMs: 1 });
  expect((await accepted).status).toBe(503);
  go();
});

test("refuses to be reached by other machines without a key, unless `allowNoKey` is set, too", async () => {
  for (const host of ["0.0.0.0", "::", "192.0.2.1"]) {
    await using server = createServer({ scorer: models.scorer });
    await expect(server.listen({ port: 0, host })).rejects.toMatchObject({
      code: "invalid-option",
      message: expect.stringContaining(`at \`host\` ${host}, got none: set keys`),
    });
  }
  for (const options of [{ allowNoKey: true }, { apiKeys: ["key-of-the-test"] }]) {
    await using server = createServer({ scorer: models.scorer, ...options });
    const { port } = await server.listen({ port: 0, host: "0.0.0.0" });
    expect((await fetch(`http://127.0.0.1:${port}/health`)).status).toBe(200);
  }
});

test("says that a port is in use", async () => {
  await using started = await startServer({ scorer: models.scorer });
  await using other = createServer({ scorer: models.scorer });
  await expect(other.listen({ port: started.port })).rejects.toMatchObject({
    code: "server-unreachable",
    message: expect.stringContaining("got EADDRINUSE"),
  });
});

test.each([
  [{}, "Expected `scorer`, `embeddings` or `index` for createServer"],
  [{ scorer: models.scorer, explorer: {} }, "Expected `explorer` together with `index`"],
  [
    { scorer: models.scorer, explorer: JSON.parse('{"folder": "."}') },
    "Expected only options of explorer (rerankers, tokenScorer",
  ],
  [{ scorer: models.scorer, apiKeys: ["short"] }, "keys of at least 8 visible ASCII characters"],
  [
    { scorer: models.scorer, limits: { documents: 0 } },
    "`limits.documents` to be a whole number of at least 1",
  ],
  [
    { scorer: models.scorer, limits: { answerMs: 1e9 } },
    "`limits.answerMs` to be a whole number from 1 to 3600000",
  ],
])("refuses the options %#", (options, message) => {
  expect(() => createServer(options)).toThrow(message);
});

test("embeds no more queries for a client that has gone", async () => {
  const gate = new EventEmitter();
  const begun = once(gate, "begun");
  const opened = once(gate, "opened");
  let queries = 0;
  const embeddings = {
    model: "waiting",
    embedDocuments: async () => [],
    async embedQuery(text: string) {
      if (text === "a") return [1]; // The first run.
      queries += 1;
      gate.emit("begun");
      await opened;
      return [1];
    },
  };
  await using started = await startServer({ embeddings });
  const client = new AbortController();
  const body = { input: Array.from({ length: 500 }, () => "b"), input_type: "query" };
  const response = started.post("/v1/embeddings", body, { signal: client.signal });
  await begun;
  client.abort();
  await expect(response).rejects.toThrow("aborted");
  await expect.poll(() => started.log).toMatchObject([{ status: 499 }]);
  gate.emit("opened");
  await started.post("/v1/embeddings", { input: "b", input_type: "query" });
  expect(queries).toBeLessThan(100);
});
