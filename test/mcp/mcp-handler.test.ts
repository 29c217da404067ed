import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { serve } from "@hono/node-server";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { expect, onTestFinished, test, vi } from "vitest";
import { RetrievalError } from "../../src/errors.ts";
import { mcpHandler, type McpServerOptions } from "../../src/server/index.ts";
import { connect, indexOf, rivers, textOf, wordScorer } from "./connect.ts";

/** Serves MCP on a free port of loopback until the test ends, and gives the address. */
async function listen(options: McpServerOptions): Promise<URL> {
  const handle = mcpHandler(options);
  const server = serve({
    fetch: (request) => handle(request),
    port: 0,
    hostname: "127.0.0.1",
  });
  if (!server.listening) await once(server, "listening");
  onTestFinished(() => void server.close());
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a server on TCP has such an address
  const { port } = server.address() as AddressInfo;
  return new URL(`http://127.0.0.1:${port}/mcp`);
}

function post(url: URL, body: string, signal?: AbortSignal): Promise<Response> {
  const headers = {
    "content-type": "application/json",
    accept: "application/json, text/event-stream",
  };
  return fetch(url, { method: "POST", headers, body, ...(signal && { signal }) });
}

const call = (id: number, args: object): string =>
  JSON.stringify({
    jsonrpc: "2.0",
    id,
    method: "tools/call",
    params: { name: "search", arguments: args },
  });

test("the SDK's client gets over HTTP what it gets in memory, several at once", async () => {
  const options = { index: indexOf(rivers) };
  const url = await listen(options);
  const local = await connect(options);
  const clients = await Promise.all(
    [1, 2].map(async () => {
      const client = new Client({ name: "test", version: "1" });
      const transport = new StreamableHTTPClientTransport(url);
      await client.connect(transport);
      return client;
    }),
  );
  const search = { name: "search", arguments: { question: "longest river", k: 2 } };
  const expected = await local.callTool(search);
  for (const client of clients) {
    expect(await client.listTools()).toEqual(await local.listTools());
    expect(await client.readResource({ uri: "passage:///a" })).toMatchObject({
      contents: [{ text: rivers[0]?.pageContent }],
    });
  }
  const results = await Promise.all(clients.map((client) => client.callTool(search)));
  expect(results).toEqual([expected, expected]);
  expect(textOf(expected)).toContain("Loire");
  await Promise.all(clients.map((client) => client.close()));
});

test("answers a single request without a session", async () => {
  const url = await listen({ index: indexOf(rivers) });
  const response = await post(url, call(7, { question: "river" }));
  expect([response.status, response.headers.get("mcp-session-id")]).toEqual([200, null]);
  expect(await response.json()).toMatchObject({
    id: 7,
    result: { content: [{ type: "text" }, {}, {}, {}] },
  });
});

test.each(["GET", "DELETE", "PUT"])("refuses %s", async (method) => {
  const response = await fetch(await listen({ index: indexOf(rivers) }), { method });
  expect([response.status, response.headers.get("allow")]).toEqual([405, "POST"]);
  expect(await response.json()).toMatchObject({ jsonrpc: "2.0", error: { code: -32000 } });
});

test("refuses what is not JSON, not JSON-RPC, or too long", async () => {
  const url = await listen({ index: indexOf(rivers) });
  expect((await post(url, "{")).status).toBe(400);
  expect((await post(url, '{"a":1}')).status).toBe(400);
  expect((await post(url, call(1, { question: "a".repeat(5_000_000) }))).status).toBe(413);
  expect((await post(url, `[${Array(5000).fill(call(1, {})).join()}]`)).status).toBe(400);
});

test("aborts the search of a client that disconnects", async () => {
  const [begun, aborted] = [vi.fn<() => void>(), vi.fn<() => void>()];
  const index = indexOf(rivers, {
    ...wordScorer,
    score: (_query, _texts, { signal } = {}) =>
      new Promise((_resolve, reject) => {
        begun();
        signal?.addEventListener("abort", () => {
          aborted();
          reject(signal.reason);
        });
      }),
  });
  const url = await listen({ index });
  const client = new AbortController();
  const response = post(url, call(1, { question: "a" }), client.signal);
  await vi.waitFor(() => expect(begun).toHaveBeenCalled());
  client.abort();
  await expect(response).rejects.toMatchObject({ name: "AbortError" });
  await vi.waitFor(() => expect(aborted).toHaveBeenCalled(), { timeout: 10_000 });
});

test("shows the client only the code of a failure, and `onFailure` the rest", async () => {
  const failures: unknown[] = [];
  const failure = new RetrievalError("store-unreachable", "The server of /home/me has ended.");
  const url = await listen({
    index: () => Promise.reject(failure),
    onFailure: (error) => failures.push(error),
  });
  const result = await (await post(url, call(1, { question: "river" }))).json();
  const words = "The call failed (store-unreachable); the server has the details.";
  expect(result).toMatchObject({ result: { isError: true, content: [{ text: words }] } });
  const read = { jsonrpc: "2.0", id: 2, method: "resources/read", params: { uri: "passage:///a" } };
  const answer = await post(url, JSON.stringify(read));
  expect(await answer.json()).toMatchObject({ error: { message: expect.stringContaining(words) } });
  expect(failures).toEqual([failure, failure]);
  expect(await (await post(url, call(3, { k: 1 }))).json()).toMatchObject({
    result: { content: [{ text: expect.stringContaining("Expected `question`") }] },
  });
});

test("does not report what a client sends", async () => {
  const onFailure = vi.fn<(error: unknown) => void>();
  const url = await listen({ index: indexOf(rivers), onFailure });
  await post(url, '{"jsonrpc":"2.0","id":1,"result":{"text":"a secret"}}');
  expect(onFailure.mock.calls).toEqual([
    [new Error("Received a response for an unknown message ID.")],
  ]);
});
