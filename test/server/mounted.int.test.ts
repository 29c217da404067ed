import { once } from "node:events";
import { connect } from "node:net";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { untilAborted } from "../../src/abort.ts";
import { CrossEncoderReranker } from "../../src/cross-encoder/cross-encoder-reranker.ts";
import type { PairScorer } from "../../src/ranking/pair-scorer.ts";
import { RetrievalError } from "../../src/errors.ts";
import { createServer, type SearchIndex } from "../../src/server/index.ts";
import { runProgram } from "../run-program.ts";
import { indexedFolder, type IndexedFolder } from "./explorer-server.ts";
import { documented, startServer, waitingScorer } from "./start-server.ts";

const key = "a-key-of-the-test";
const question = "Which river is longest?";
const search = { question, settings: { k: 2 } };

let indexed: IndexedFolder;
let inner: PairScorer;

beforeAll(async () => {
  const files = {
    "rivers.md": "# Rivers\n\nThe Loire is the longest river of France.\n",
    "hills.md": "# Hills\n\nA hill is lower than a mountain.\n",
  };
  indexed = await indexedFolder(files, { withSamples: false });
  inner = indexed.second.scorer;
});

afterAll(async () => {
  await indexed[Symbol.asyncDispose]();
});

/** The index with another scorer in its second stage. */
function indexWith(scorer: PairScorer): SearchIndex {
  return indexed.index.withReranker(new CrossEncoderReranker({ scorer }));
}

function mcpCall(name: string, args: object): object {
  return { jsonrpc: "2.0", id: 1, method: "tools/call", params: { name, arguments: args } };
}

const mcpHeaders = { accept: "application/json, text/event-stream" };
const mcpSearch = mcpCall("search", { question });

/** Both ways to search, as a request. */
const searches = [
  ["/explorer/api/search", search],
  ["/mcp", mcpSearch],
] as const;

describe("a server with a key", () => {
  test("opens the page and its files without it, and nothing else", async () => {
    await using started = await startServer({ index: indexed.index, apiKeys: [key] });
    const page = await fetch(started.url);
    expect([page.status, page.headers.get("content-type")]).toEqual([
      200,
      "text/html; charset=utf-8",
    ]);
    expect((await fetch(`${started.url}/explorer/app.js`)).status).toBe(200);
    for (const [method, path] of [
      ["GET", "/explorer/api/info"],
      ["GET", "/explorer/api/judgements"],
      ["PUT", "/explorer/api/judgements"],
      ["POST", "/explorer/api/search"],
      ["GET", "/explorer/api/no-such-route"],
      ["POST", "/mcp"],
      ["GET", "/mcp"],
    ]) {
      const init = method === undefined ? {} : { method };
      const response = await fetch(started.url + path, init);
      expect([method, path, response.status]).toEqual([method, path, 401]);
    }
    expect(started.log.map(({ route, status }) => `${status} ${route}`)).toEqual([
      "200 /",
      "200 /explorer/*",
      "401 /explorer/api/info",
      "401 /explorer/api/judgements",
      "401 /explorer/api/judgements",
      "401 /explorer/api/search",
      "401 unknown",
      "401 /mcp",
      "401 /mcp",
    ]);
  });

  test("serves the page's requests and the client of the MCP SDK with it", async () => {
    await using started = await startServer({ index: indexed.index, apiKeys: [key] });
    const headers = { authorization: `Bearer ${key}` };
    const found = await started.post("/explorer/api/search", search, { headers });
    expect(found.status).toBe(200);
    expect(await found.json()).toMatchObject({ question, result: [{ rank: 1 }, { rank: 2 }] });

    const client = new Client({ name: "test", version: "1" });
    const url = new URL(`${started.url}/mcp`);
    await client.connect(new StreamableHTTPClientTransport(url, { requestInit: { headers } }));
    const { tools } = await client.listTools();
    expect(tools.map(({ name }) => name)).toEqual(["search", "rerank"]);
    const { content } = await client.callTool({ name: "search", arguments: { question, k: 1 } });
    const [, link] = Array.from(Object(content), (each) => Object(each));
    expect(link).toMatchObject({ type: "resource_link", name: expect.stringContaining("rivers") });
    const { contents } = await client.readResource({ uri: String(Reflect.get(link, "uri")) });
    expect(contents).toMatchObject([{ text: expect.stringContaining("The Loire is") }]);
    const texts = ["A hill.", "The Loire is the longest river."];
    expect(
      await client.callTool({ name: "rerank", arguments: { query: question, texts } }),
    ).toMatchObject({ structuredContent: { results: [{ index: 1 }, { index: 0 }] } });
    await client.close();
  });
});

test("counts what searches of the page and of MCP score, also in the log", async () => {
  await using started = await startServer({ index: indexed.index });
  const counted = async (): Promise<unknown> => {
    const text = await (await fetch(`${started.url}/metrics`)).text();
    return Number(/^langchain_rerank_pairs_total (\d+)$/m.exec(text)?.[1]);
  };
  await started.post("/explorer/api/search", search);
  expect(await counted()).toBe(2);
  await started.post("/mcp", mcpSearch, { headers: mcpHeaders });
  expect(await counted()).toBe(4);
  const texts = ["The Loire.", "A hill.", "A lake."];
  const rerank = mcpCall("rerank", { query: question, texts, topN: 1 });
  await started.post("/mcp", rerank, { headers: mcpHeaders });
  expect(await counted()).toBe(7);
  const pairs = started.log.filter(({ route }) => route !== "/metrics");
  expect(pairs.map((record) => record.pairs)).toEqual([2, 2, 3]);
});

function failureWith(text: string): object {
  return { result: { isError: true, content: [{ text: expect.stringContaining(text) }] } };
}

test("limits the calls of MCP as all others", async () => {
  const limits = { documents: 2, characters: 30 };
  await using started = await startServer({ index: indexed.index, limits });
  const call = async (name: string, args: object): Promise<unknown> =>
    (await started.post("/mcp", mcpCall(name, args), { headers: mcpHeaders })).json();
  const most = "it must not have more than 2 items";
  const longest = "it must not have more than 30 characters";
  expect(await call("rerank", { query: "a", texts: ["a", "b", "c"] })).toMatchObject(
    failureWith(most),
  );
  expect(await call("rerank", { query: "a", texts: ["a".repeat(31)] })).toMatchObject(
    failureWith(longest),
  );
  expect(await call("rerank", { query: "a".repeat(31), texts: ["a"] })).toMatchObject(
    failureWith(longest),
  );
  expect(await call("search", { question: "a".repeat(31) })).toMatchObject(failureWith(longest));
  expect(await call("search", { question, k: 3 })).toMatchObject(failureWith("it must be <= 2"));
  expect(await call("search", { question })).toMatchObject({
    result: { structuredContent: { passages: [{ number: 1 }, { number: 2 }] } },
  });
});

test("refuses a batch of MCP calls, which would count as one request", async () => {
  await using started = await startServer({ index: indexed.index });
  const response = await started.post("/mcp", [mcpSearch, mcpSearch], { headers: mcpHeaders });
  expect([response.status, await response.text()]).toEqual([
    400,
    expect.stringContaining("got a batch"),
  ]);
});

test("says of a filter that is too large for the store nothing about the store", async () => {
  await using started = await startServer({ index: indexed.index });
  const values = Array.from({ length: 60_000 }, (_, index) => `${index}`);
  const call = mcpCall("search", { question, filter: { source: { $in: values } } });
  const response = await started.post("/mcp", call, { headers: mcpHeaders });
  const text = await response.text();
  expect([response.status, text]).toEqual([200, expect.stringContaining("10,000 values")]);
  expect(text).not.toMatch(/127\.0\.0\.1|SQL/);
});

test("searches within a limit that is below the usual numbers", async () => {
  const limits = { documents: 1 };
  await using started = await startServer({ index: indexed.index, limits });
  const found = await started.post("/search", { question });
  expect(await found.json()).toMatchObject({ coverage: { candidates: 1 }, results: [{}] });
  expect((await started.post("/search", { question, k: 2 })).status).toBe(413);
  const explored = await started.post("/explorer/api/search", { question, settings: {} });
  expect(await explored.json()).toMatchObject({ result: [{ rank: 1 }] });
  const more = await started.post("/explorer/api/search", search);
  expect([more.status, await more.text()]).toEqual([400, expect.stringContaining("`k`")]);
  const info = await fetch(`${started.url}/explorer/api/info`);
  expect(await info.json()).toMatchObject({ mostCandidates: 1 });
});

test("a request of the page takes a place only once its body is there", async () => {
  await using started = await startServer({ index: indexed.index, limits: { requests: 1 } });
  const { port } = new URL(started.url);
  const slow = connect(Number(port), "127.0.0.1");
  slow.write(
    `POST /explorer/api/search HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{`,
  );
  await once(slow, "connect");
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect((await started.post("/explorer/api/search", search)).status).toBe(200);
  slow.destroy();
});

test("refuses pages of other sites, but lets a link lead to the page", async () => {
  await using started = await startServer({ index: indexed.index });
  for (const [path, body] of searches) {
    const foreign = { headers: { ...mcpHeaders, origin: "https://other.example" } };
    expect((await started.post(path, body, foreign)).status).toBe(403);
    expect((await started.post(path, body, { headers: mcpHeaders })).status).toBe(200);
  }
  const link = { headers: { "sec-fetch-site": "cross-site" } };
  expect((await fetch(started.url, link)).status).toBe(200);
});

test("has neither page nor MCP without an index", async () => {
  await using started = await startServer({ scorer: inner });
  for (const path of ["/", "/explorer/app.js", "/explorer/api/info"]) {
    expect([path, (await fetch(started.url + path)).status]).toEqual([path, 404]);
  }
  expect((await started.post("/mcp", mcpSearch)).status).toBe(404);
});

test("answers 503 until its models are loaded, and once it stops", async () => {
  const { scorer, go } = waitingScorer(inner, "a"); // The query of the first run.
  await using server = createServer({ index: indexWith(scorer) });
  const statuses = async (): Promise<number[]> => {
    const asked = searches.map(([path, body]) =>
      server.fetch(
        new Request(`http://localhost${path}`, {
          method: "POST",
          headers: { "content-type": "application/json", ...mcpHeaders },
          body: JSON.stringify(body),
        }),
      ),
    );
    return (await Promise.all(asked)).map(({ status }) => status);
  };
  const loading = server.load();
  expect(await statuses()).toEqual([503, 503]);
  expect((await server.fetch(new Request("http://localhost/"))).status).toBe(200);
  go();
  await loading;
  expect(await statuses()).toEqual([200, 200]);
  await server.close();
  expect(await statuses()).toEqual([503, 503]);
});

test("answers 429 to more requests than it may answer at once", async () => {
  const { scorer, go, asked } = waitingScorer(inner, question);
  await using started = await startServer({ index: indexWith(scorer), limits: { requests: 1 } });
  const accepted = started.post("/explorer/api/search", search);
  await asked;
  for (const [path, body] of searches) {
    const refused = await started.post(path, body, { headers: mcpHeaders });
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([429, "1"]);
  }
  go();
  expect((await accepted).status).toBe(200);
});

test("refuses an MCP request of more bytes than the limit", async () => {
  await using started = await startServer({ index: indexed.index, limits: { bodyBytes: 1024 } });
  const long = mcpCall("search", { question: "a".repeat(2000) });
  expect((await started.post("/mcp", long, { headers: mcpHeaders })).status).toBe(413);
});

test("answers an MCP request that does not say how long it is, and refuses other methods", async () => {
  await using started = await startServer({ index: indexed.index });
  const chunks = new Blob([JSON.stringify(mcpSearch)]).stream();
  const headers = { "content-type": "application/json", ...mcpHeaders };
  const init = { method: "POST", headers, body: chunks, duplex: "half" } as const;
  expect((await fetch(`${started.url}/mcp`, init)).status).toBe(200);
  for (const method of ["PUT", "DELETE", "PATCH", "OPTIONS"]) {
    const { status } = await fetch(`${started.url}/mcp`, { method });
    expect([method, status]).toEqual([method, 405]);
  }
  const empty = await fetch(`${started.url}/mcp`, { method: "POST", headers });
  expect(empty.status).toBe(400);
});

test("a client that sends an MCP request slowly takes no place of another", async () => {
  await using started = await startServer({ index: indexed.index, limits: { requests: 1 } });
  const socket = connect(started.port, "127.0.0.1");
  socket.write(
    `POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nAccept: ${mcpHeaders.accept}\r\nContent-Length: 9\r\nExpect: 100-continue\r\n\r\n`,
  );
  await once(socket, "data"); // The server waits for the body.
  const { status } = await started.post("/mcp", mcpSearch, { headers: mcpHeaders });
  expect(status).toBe(200);
  socket.destroy();
});

test("answers 422 to a filter that the store cannot handle, without its words", async () => {
  await using started = await startServer({ index: indexed.index });
  const parts = Array.from({ length: 3000 }, (_, part) => ({ part }));
  const response = await started.post("/search", { question, filter: { $or: parts } });
  expect([response.status, await documented(started, response)]).toMatchObject([
    422,
    {
      error: {
        message: expect.stringMatching(/^Expected a filter that the store .* a larger one/),
      },
    },
  ]);
  expect(started.errors).toEqual([]);
});

test("reports why the store does not answer", async () => {
  const failure = new RetrievalError("store-unreachable", "The server of /home/me has ended.");
  const index = indexWith(inner);
  const broken: SearchIndex = Object.create(index, {
    search: { value: () => Promise.reject(failure) },
  });
  await using started = await startServer({ index: broken });
  const response = await started.post("/search", { question });
  expect([response.status, response.headers.get("retry-after")]).toEqual([503, "5"]);
  expect(await response.text()).not.toContain("/home/me");
  expect(started.errors).toEqual([failure]);
});

test.each(searches)("records at %s that a client has gone, and no error", async (path, body) => {
  const { scorer, go, asked } = waitingScorer(inner, question);
  const patient: PairScorer = {
    ...scorer,
    score: (query, texts, options = {}) =>
      untilAborted(scorer.score(query, texts, options), options.signal),
  };
  await using started = await startServer({ index: indexWith(patient) });
  const client = new AbortController();
  const { signal } = client;
  const response = started.post(path, body, { headers: mcpHeaders, signal });
  await asked;
  client.abort();
  await expect(response).rejects.toThrow("aborted");
  await expect.poll(() => started.log).toMatchObject([{ route: path, status: 499 }]);
  expect(started.errors).toEqual([]);
  go();
});

test.each(searches)("reports at %s what failed, and shows no message of it", async (path, body) => {
  const scorer: PairScorer = {
    name: "failing",
    scale: "logit",
    async score(query, texts, options) {
      if (query === question) throw new Error("No space in /home/me/models.");
      return inner.score(query, texts, options);
    },
  };
  await using started = await startServer({ index: indexWith(scorer) });
  const response = await started.post(path, body, { headers: mcpHeaders });
  // A failed tool is a result of MCP.
  expect(response.status).toBe(path === "/mcp" ? 200 : 500);
  expect(await response.text()).not.toContain("/home/me");
  expect(started.errors).toEqual([expect.objectContaining({ message: expect.any(String) })]);
});

test("says at /mcp which package is missing", () => {
  const hooks = `export function resolve(specifier, context, next) {
    if (!specifier.startsWith("@modelcontextprotocol/sdk/")) return next(specifier, context);
    throw Object.assign(new Error("Cannot find package"), { code: "ERR_MODULE_NOT_FOUND" });
  }`;
  const entry = new URL("../../dist/server/index.js", import.meta.url).href;
  const program = `
    import { register } from "node:module";
    register(${JSON.stringify(`data:text/javascript,${encodeURIComponent(hooks)}`)});
    const { createServer } = await import(${JSON.stringify(entry)});
    const scorer = { name: "none", scale: "logit", score: async () => ({ scores: [0] }) };
    const index = { search() {}, retriever() {}, withReranker() {}, reranker: { scorer } };
    const server = createServer({ index });
    await server.load();
    const response = await server.fetch(new Request("http://localhost/mcp", { method: "POST" }));
    console.log(response.status, await response.text());`;
  const { stdout } = runProgram(process.execPath, ["--input-type=module", "--eval", program]);
  expect(stdout).toMatch(/^501 .*npm install @modelcontextprotocol\/sdk@\^1\.29/);
});

test("the explorer's routes answer other methods, with and without a body, without an error", async () => {
  await using started = await startServer({ index: indexed.index });
  const statuses = [];
  for (const method of ["PUT", "DELETE", "PATCH", "OPTIONS"]) {
    for (const body of [undefined, "{}"]) {
      const { status } = await fetch(`${started.url}/explorer/api/search`, {
        method,
        ...(body !== undefined && { body }),
      });
      statuses.push(status);
    }
  }
  expect(statuses.every((status) => status >= 400 && status < 500)).toBe(true);
});
