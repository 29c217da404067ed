import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ChromaClient } from "chromadb";
import { afterAll, describe, expect, onTestFinished, test } from "vitest";
import { childrenOf, countKeepers, eventually, keeperPid } from "../vector-store/server-users.ts";
import { openChroma } from "../../src/vector-store/open-chroma.ts";
import { HashEmbeddings } from "../vector-store/hash-embeddings.ts";
import { runCommand, startCommand } from "./run-command.ts";
import { serve, smallServer } from "./serve-command.ts";

const folder = mkdtempSync(join(tmpdir(), "serve-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function rerank(url: string, texts: readonly string[], headers: object = {}): Promise<Response> {
  return fetch(`${url}/rerank`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify({ query: "Which river is longest?", texts }),
  });
}

test("searches an index, writes an access log, and stops on SIGTERM with code 0", async () => {
  const documents = mkdtempSync(join(folder, "documents-"));
  writeFileSync(
    join(documents, "rivers.md"),
    "# Rivers\n\nThe Loire is the longest river of France.\n",
  );
  expect((await runCommand(folder, ["index", documents, "--store", "store"])).code).toBe(0);
  const { url, child, outcome } = await serve(folder, [
    "--store",
    "store",
    "--judgements",
    documents,
  ]);
  const response = await fetch(`${url}/search`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ question: "Which river is longest?", hybrid: true }),
  });
  expect(await response.json()).toMatchObject({
    results: [{ text: expect.stringContaining("Loire"), metadata: { source: "rivers.md" } }],
  });
  const judged = await fetch(`${url}/explorer/api/judgements`, {
    method: "PUT",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ question: "Which river is longest?", id: "rivers.md#rivers", grade: 2 }),
  });
  expect(await judged.json()).toEqual({ isSaved: true });
  child.kill("SIGTERM");
  const { code, stdout, stderr } = await outcome;
  expect([code, stderr]).toEqual([0, expect.stringMatching(/Stopping: .*\n$/)]);
  expect(stderr).toContain(`Explorer: open ${url} in a browser. MCP: ${url}/mcp.`);
  expect(
    stdout
      .trim()
      .split("\n")
      .map((line): unknown => JSON.parse(line)),
  ).toMatchObject([
    { route: "/search", status: 200, pairs: 1 },
    { route: "/explorer/api/judgements", status: 200, pairs: 0 },
  ]);
  expect(readFileSync(join(documents, "qrels.tsv"), "utf8")).toContain("q001\trivers.md#rivers\t2");
  const missing = ["--store", "store", "--judgements", "no-such-folder"];
  expect(await runCommand(folder, ["serve", ...smallServer, ...missing])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("Expected --judgements to be a folder"),
  });
}, 120_000);

test("loses no accepted request when it is stopped under load", async () => {
  const { url, child, outcome } = await serve(folder, ["--no-search"]);
  let stopped = false;
  let [answered, refused] = [0, 0];
  const client = async (name: number): Promise<void> => {
    for (let round = 0; ; round += 1) {
      const texts = Array.from({ length: 20 }, (_, index) => `River ${name} ${round} ${index}`);
      try {
        const response = await rerank(url, texts);
        await response.arrayBuffer();
        if (response.status === 200) answered += 1;
        else if (response.status === 503) refused += 1;
        else throw new TypeError(`status ${response.status}`);
      } catch (error) {
        // A connection that the server has never accepted.
        if (stopped) return;
        throw error;
      }
    }
  };
  const clients = Array.from({ length: 16 }, (_, name) => client(name));
  await expect.poll(() => answered, { timeout: 20_000 }).toBeGreaterThan(32);
  stopped = true;
  child.kill("SIGTERM");
  await Promise.all(clients);
  const { code, stdout } = await outcome;
  const statuses = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line).status);
  expect(code).toBe(0);
  expect(statuses.filter((status) => status === 200)).toHaveLength(answered);
  expect(statuses.filter((status) => status === 503)).toHaveLength(refused);
  expect(statuses).toHaveLength(answered + refused);
}, 60_000);

async function search(url: string, options: object = {}): Promise<Response> {
  return fetch(`${url}/search`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ question: "Which river is longest?", ...options }),
  });
}

/** Each way in which a server loses its index while it runs. */
const losses: readonly (readonly [string, (store: string) => Promise<unknown>])[] = [
  [
    "its collection is deleted",
    async (store) => {
      await using other = await openChroma(new HashEmbeddings(), {
        collectionName: "other",
        path: store,
      });
      const port = Number(new URL(other.url).port);
      await new ChromaClient({ host: "127.0.0.1", port }).deleteCollection({ name: "documents" });
      rmSync(join(store, "documents.bm25"));
    },
  ],
  ["the folder of its store is deleted", async (store) => rmSync(store, { recursive: true })],
];

describe.skipIf(process.platform === "win32")("a server that loses its index", () => {
  const documents = mkdtempSync(join(folder, "documents-"));
  writeFileSync(join(documents, "rivers.md"), "# Rivers\n\nThe Loire is the longest.\n");

  test("goes on when its Chroma server is killed, also under load", async () => {
    const store = join(folder, "killed");
    await runCommand(folder, ["index", documents, "--store", store]);
    const { url, child, outcome } = await serve(folder, ["--store", store]);
    for (let round = 0; round < 2; round += 1) {
      const before = await keeperPid(store);
      process.kill(before, "SIGKILL");
      const answered = await Promise.all(Array.from({ length: 8 }, () => search(url)));
      expect(answered.map(({ status }) => status)).toEqual(answered.map(() => 200));
      expect(await keeperPid(store)).not.toBe(before);
    }
    expect(countKeepers(store)).toBe(1);
    child.kill("SIGTERM");
    expect((await outcome).code).toBe(0);
    await eventually(() => countKeepers(store) === 0);
  }, 120_000);

  test("ends within its time limit although its Chroma server hangs", async () => {
    const store = join(folder, "hung");
    await runCommand(folder, ["index", documents, "--store", store]);
    const limits = ["--answer-timeout", "1", "--shutdown-timeout", "1"];
    const { url, child, outcome } = await serve(folder, ["--store", store, ...limits]);
    const pid = await keeperPid(store);
    const processes = [pid, ...childrenOf(pid)];
    for (const each of processes) process.kill(each, "SIGSTOP");
    onTestFinished(() => {
      for (const each of processes) process.kill(each, "SIGKILL");
    });
    expect((await search(url)).status).toBe(503);
    child.kill("SIGTERM");
    expect((await outcome).code).toBe(0);
  }, 60_000);

  test.each(losses)(
    "answers 503 after %s, and finds the one that is made again",
    async (_, lose) => {
      const store = mkdtempSync(join(folder, "lost-"));
      await runCommand(folder, ["index", documents, "--store", store]);
      const { url, child, outcome } = await serve(folder, ["--store", store]);
      expect((await search(url)).status).toBe(200);
      await lose(store);
      await eventually(async () => (await search(url)).status === 503);
      for (const options of [{}, { hybrid: true }, { rerank: false }]) {
        const response = await search(url, options);
        expect([response.status, response.headers.get("retry-after")]).toEqual([503, "5"]);
        expect(await response.text()).not.toContain(folder);
      }
      const explored = await fetch(`${url}/explorer/api/search`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ question: "Which river is longest?", settings: { hybrid: true } }),
      });
      expect([explored.status, await explored.text()]).toEqual([
        503,
        expect.not.stringContaining(folder),
      ]);
      expect((await rerank(url, ["The Loire."])).status).toBe(200);
      expect(existsSync(join(store, "documents.bm25"))).toBe(false);
      await runCommand(folder, ["index", documents, "--store", store]);
      const found = await search(url, { hybrid: true });
      expect(await found.json()).toMatchObject({
        results: [{ metadata: { source: "rivers.md" } }],
      });
      child.kill("SIGTERM");
      const { code, stderr } = await outcome;
      expect([code, stderr]).toEqual([
        0,
        expect.stringMatching(/^error: \S+ \/search: Expected the collection /m),
      ]);
    },
    120_000,
  );
});

test("takes keys from the environment and from a file, and shows none", async () => {
  writeFileSync(join(folder, "keys"), "# keys of the test\nkey-in-the-file\n\n");
  const { url, child, outcome } = await serve(folder, ["--no-search", "--api-keys-file", "keys"], {
    LANGCHAIN_RERANK_API_KEYS: "key-one-of-env, key-two-of-env",
  });
  for (const key of ["key-in-the-file", "key-one-of-env", "key-two-of-env"]) {
    expect((await rerank(url, ["a"], { "x-api-key": key })).status).toBe(200);
  }
  expect((await rerank(url, ["a"])).status).toBe(401);
  child.kill("SIGINT");
  const { code, stdout, stderr } = await outcome;
  expect(code).toBe(0);
  expect(stdout + stderr).not.toMatch(/key-(?:in|one|two)/);
}, 60_000);

test.each([
  [
    ["--host", "0.0.0.0"],
    2,
    "Expected LANGCHAIN_RERANK_API_KEYS or --api-keys-file for a server that other machines can reach at --host 0.0.0.0, got none",
  ],
  [["--store", "memory"], 2, "Expected --store to be a folder or the URL of a Chroma server"],
  [["--store", "nowhere"], 1, "Expected a store in"],
  [["--no-search", "--judgements", "."], 2, "Expected an index for --judgements, got --no-search"],
  [["--judgements", "."], 2, "Expected an index for --judgements, got none in"],
  [["--port", "70000"], 2, "Expected a whole number from 0 to 65535"],
  [["--api-keys-file", "missing"], 1, "Expected a readable file for --api-keys-file, got ENOENT"],
  [["--reranker", "no-such-model"], 1, "no-such-model"],
  [
    ["--max-documents", "1000000"],
    2,
    "Expected --max-documents to be a whole number from 1 to 100000",
  ],
])("refuses %j", async (args, code, message) => {
  const outcome = await runCommand(folder, ["serve", ...smallServer, ...args]);
  expect(outcome).toMatchObject({ code, stderr: expect.stringContaining(message) });
});

test("warns that its collection is empty, and which other one there is", async () => {
  const documents = mkdtempSync(join(folder, "documents-"));
  writeFileSync(join(documents, "rivers.md"), "# Rivers\n\nThe Loire is long.\n");
  const store = ["--store", join(folder, "misspelt")];
  await runCommand(folder, ["index", documents, "--model", "all-MiniLM-L6-v2", ...store]);
  const args = ["serve", ...smallServer, ...store, "--collection", "document"];
  const { child, outcome } = startCommand(folder, args);
  let said = "";
  child.stderr?.on("data", (chunk: Buffer) => {
    said += chunk.toString();
    if (!child.killed && /warning: .*\n/.test(said)) child.kill("SIGTERM");
  });
  const { code, stderr } = await outcome;
  expect(code).toBe(0);
  expect(stderr).toMatch(
    /warning: Expected passages in collection "document" .* pass --collection documents/,
  );
});

test("ends at once at a second signal, also of another kind", async () => {
  const { url, child, outcome } = await serve(folder, ["--no-search"]);
  const { port } = new URL(url);
  const socket = connect(Number(port), "127.0.0.1").on("error", () => undefined);
  socket.write(
    "POST /rerank HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\nContent-Type: application/json\r\nExpect: 100-continue\r\n\r\n",
  );
  await once(socket, "data"); // The server waits for the body.
  child.kill("SIGTERM");
  const stderr = child.stderr?.setEncoding("utf8") ?? [];
  for await (const said of stderr) if (String(said).includes("Stopping")) break;
  child.kill("SIGINT");
  const { code } = await outcome;
  expect([code, child.signalCode]).toEqual([null, "SIGINT"]);
});

test("continues when its log is no longer read", async () => {
  const { url, child, outcome } = await serve(folder, ["--no-search"]);
  child.stdout?.destroy();
  for (let count = 0; count < 3; count += 1) {
    expect((await fetch(`${url}/health`)).status).toBe(200);
  }
  child.kill("SIGTERM");
  const { code, stderr } = await outcome;
  expect(code).toBe(0);
  expect(stderr.match(/The access log cannot be written: .*/g)).toHaveLength(1);
});
