import {
  appendFile,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  symlink,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Hono } from "hono";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { TokenMatches } from "../../src/rerankers/token-matches.ts";
import type { Explanation } from "../../src/server/explorer/explain-passage.ts";
import { explorerApi, explorerPage } from "../../src/server/explorer/explorer-routes.ts";
import { JudgementFiles } from "../../src/server/explorer/judgement-files.ts";
import type { SearchView } from "../../src/server/explorer/search-view.ts";
import { RetrievalError } from "../../src/errors.ts";
import { indexedFolder, type IndexedFolder } from "./explorer-server.ts";

/** What the routes answer. */
interface Answers {
  readonly search: SearchView;
  readonly explain: Explanation;
  readonly tokens: TokenMatches;
}

const question = "How much memory does DGX Spark have?";

describe("the explorer's routes", () => {
  let indexed: IndexedFolder;
  let app: Hono;

  beforeAll(async () => {
    indexed = await indexedFolder();
    const { index, tokenScorer, second, folder } = indexed;
    const rerankers = { small: second };
    const options = { index, tokenScorer, rerankers, judgements: folder };
    app = new Hono().route("/", explorerPage()).route("/", explorerApi(options));
  });

  afterAll(async () => {
    await indexed[Symbol.asyncDispose]();
  });

  async function post(path: string, body: unknown): Promise<Response> {
    const headers = { "Content-Type": "application/json" };
    const request = { method: "POST", headers, body: JSON.stringify(body) };
    return app.request(`/explorer/api/${path}`, request);
  }

  async function ask<Path extends keyof Answers>(path: Path, body: object): Promise<Answers[Path]> {
    const response = await post(path, body);
    expect(response.status).toBe(200);
    return JSON.parse(await response.text());
  }

  const search = (settings: object) => ask("search", { question, settings });

  test("shows every list, with the passages of each", async () => {
    const answer = await search({ hybrid: true, k: 3, candidateCount: 20 });
    const names = answer.lists.map(({ name }) => name);
    expect(names).toEqual(["dense", "bm25", "fused", "reranked"]);
    const stages = answer.stages.map(({ name }) => name);
    expect(stages).toEqual(["dense", "bm25", "fusion", "rerank"]);
    expect(answer.result).toHaveLength(3);
    for (const { entries } of answer.lists) {
      expect(entries.map(({ rank }) => rank)).toEqual(entries.map((_, index) => index + 1));
      for (const { id } of entries) expect(answer.passages[id]?.excerpt).not.toBe("");
    }
    const [best] = answer.result;
    expect(answer.passages[best?.id ?? ""]?.judgedId).toMatch(/^dgx_spark_technical_guide\.md#/);
  });

  test("scores nothing again when only settings after the scoring change", async () => {
    await search({ hybrid: true, candidateCount: 30 });
    for (const change of [
      { k: 9 },
      { blend: 0.4 },
      { scoreThreshold: 0.5 },
      { candidateCount: 20 },
      { deadlineMs: 5000 },
    ]) {
      const answer = await search({ hybrid: true, candidateCount: 30, ...change });
      expect(answer.scoredAnew).toBe(0);
      expect(answer.coverage.scored).toBe(answer.coverage.candidates);
    }
    const answer = await search({ hybrid: true, reranker: "small", candidateCount: 30 });
    expect(answer.scoredAnew).toBe(30);
  });

  test("explains BM25 by weights that add up to the score of the list", async () => {
    const settings = { hybrid: true, candidateCount: 20 };
    const found = await search(settings);
    const bm25 = found.lists.find(({ name }) => name === "bm25");
    for (const { id, score } of bm25?.entries.slice(0, 5) ?? []) {
      const answer = await ask("explain", { question, settings, id });
      const { terms = [], words = [] } = answer.bm25 ?? {};
      const sum = terms.reduce((all, { weight }) => all + weight, 0);
      expect(sum).toBeCloseTo(score ?? 0, 10);
      expect(answer.bm25?.score).toBeCloseTo(score ?? 0, 10);
      expect(words.length).toBeGreaterThan(0);
      for (const { start, end, term } of words) {
        const word = answer.text.slice(start, end);
        expect(indexed.lexical.index.analyzer.analyze(word)).toContain(term);
      }
      const { fused } = answer.provenance;
      expect(answer.isCandidate).toBe(fused !== undefined);
      const parts = Object.values(answer.fusedParts ?? {});
      expect(parts.reduce((all, part) => all + part, 0)).toBeCloseTo(fused?.score ?? 0, 10);
    }
    expect(bm25?.entries.length).toBeGreaterThan(4);
  });

  test("shows the passages before and after in the document", async () => {
    const settings = { hybrid: true };
    const found = await search(settings);
    const answer = await ask("explain", {
      question,
      settings,
      id: found.result[1]?.id,
    });
    const { metadata } = indexed.lexical.index.get(answer.id) ?? { metadata: {} };
    for (const [side, sign] of [
      ["before", -1],
      ["after", 1],
    ] as const) {
      const beside = indexed.lexical.index.get(answer[side]?.id ?? "")?.metadata ?? {};
      expect(beside["source"]).toBe(answer.source);
      expect(Math.sign(Number(beside["start"]) - Number(metadata["start"]))).toBe(sign);
    }
  });

  test("compares tokens so that the similarities add up to the MaxSim score", async () => {
    const settings = { hybrid: true };
    const found = await search(settings);
    const { id = "" } = found.result[0] ?? {};
    const answer = await ask("tokens", { question, settings, id });
    const text = indexed.lexical.index.get(id)?.text ?? "";
    const { scores } = await indexed.tokenScorer.score(question, [text]);
    const sum = answer.matches.reduce((all, { similarity }) => all + similarity, 0);
    expect(sum).toBeCloseTo(scores[0] ?? 0, 3);
    expect(answer.matches.map(({ token }) => token)).toContain("memory");
    for (const { index } of answer.matches) expect(answer.tokens[index]).toBeTypeOf("string");
  });

  test("refuses what is not a request of the page, and says why", async () => {
    const cases: [string, unknown, RegExp][] = [
      ["search", { question: " ", settings: {} }, /question/],
      ["search", { question, settings: { k: 0 } }, /k/],
      ["search", { question, settings: { candidateCount: 10_000 } }, /candidateCount/],
      ["search", { question, settings: { topK: 3 } }, /topK/],
      ["search", { question, settings: { reranker: "constructor" } }, /reranker/],
      ["search", { question: "a".repeat(5000), settings: {} }, /4000/],
      ["search", [], /JSON object/],
      ["explain", { question, settings: {}, id: "no-such-id" }, /search again/],
    ];
    for (const [path, body, reason] of cases) {
      const response = await post(path, body);
      expect([path, response.status]).toEqual([path, 400]);
      expect(await response.text()).toMatch(reason);
    }
    expect((await post("search", { question: "a".repeat(70_000), settings: {} })).status).toBe(413);
    const plain = await app.request("/explorer/api/search", {
      method: "POST",
      headers: { "Content-Type": "text/plain" },
      body: JSON.stringify({ question, settings: {} }),
    });
    expect(plain.status).toBe(400);
  });

  test("serves its files from a list, with a strict policy, and says when they are unchanged", async () => {
    const page = await app.request("/");
    const policy = page.headers.get("Content-Security-Policy") ?? "";
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toMatch(/unsafe|\*/);
    const own = await readdir(join(import.meta.dirname, "../../explorer"));
    for (const name of own.filter((each) => /\.(?:js|css)$/.test(each))) {
      expect([name, (await app.request(`/explorer/${name}`)).status]).toEqual([name, 200]);
    }
    const script = await app.request("/explorer/app.js");
    expect(script.headers.get("Content-Type")).toContain("javascript");
    expect(script.headers.get("X-Content-Type-Options")).toBe("nosniff");
    const tag = script.headers.get("ETag") ?? "";
    const again = await app.request("/explorer/app.js", { headers: { "If-None-Match": tag } });
    expect([again.status, await again.text()]).toEqual([304, ""]);
    for (const path of ["tsconfig.json", "../package.json", "%2e%2e/package.json", "constructor"]) {
      expect((await app.request(`/explorer/${path}`)).status).toBe(404);
    }
  });

  test("keeps judgements beside those that are there, and the other lines as they are", async () => {
    const base = await mkdtemp(join(tmpdir(), "judgements-"));
    const queries = '{"_id": "q007", "text": "Asked before?", "metadata": {"kind": "own"}}';
    await writeFile(join(base, "queries.jsonl"), queries);
    await writeFile(join(base, "qrels.tsv"), "query-id\tcorpus-id\tscore\nq007\ta.md#b\t2\n");
    const { index } = indexed;
    const routes = explorerApi({ index, judgements: base });
    const put = (body: object) =>
      routes.request("/explorer/api/judgements", {
        method: "PUT",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify(body),
      });
    // At the same time: neither may be lost.
    const answers = await Promise.all([
      put({ question, id: "a.md#one", grade: 2 }),
      put({ question, id: "a.md#two", grade: 0 }),
      put({ question: "Asked before?", id: "a.md#c", grade: 1 }),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    await put({ question, id: "a.md#two", grade: null });
    expect((await put({ question, id: "a\tb", grade: 1 })).status).toBe(400);
    expect((await put({ question, id: "a", grade: 3 })).status).toBe(400);
    expect(await readFile(join(base, "queries.jsonl"), "utf8")).toBe(
      `${queries}\n${JSON.stringify({ _id: "q008", text: question })}\n`,
    );
    expect((await readFile(join(base, "qrels.tsv"), "utf8")).split("\n").toSorted()).toEqual([
      "",
      "q007\ta.md#b\t2",
      "q007\ta.md#c\t1",
      "q008\ta.md#one\t2",
      "query-id\tcorpus-id\tscore",
    ]);
    await appendFile(join(base, "qrels.tsv"), "broken");
    expect((await put({ question, id: "a", grade: 1 })).status).toBe(400);
    await rm(base, { recursive: true });
  });

  test("gives a new question no judgement that is there already, and writes where a link leads", async () => {
    const base = await mkdtemp(join(tmpdir(), "judgements-"));
    await mkdir(join(base, "linked"));
    const qrels = "query-id\tcorpus-id\tscore\nq001\ta.md#b\t2\n";
    await writeFile(join(base, "qrels-of-a-team.tsv"), qrels);
    await symlink("../qrels-of-a-team.tsv", join(base, "linked/qrels.tsv"));
    const files = new JudgementFiles(join(base, "linked"));
    // Nobody knows what was asked.
    expect(await files.read()).toEqual([]);
    const judgement = { question, id: "a.md#c", grade: 1 } as const;
    await files.set(judgement);
    expect(await files.read()).toEqual([judgement]);
    expect(await readFile(join(base, "qrels-of-a-team.tsv"), "utf8")).toBe(
      `${qrels}q002\ta.md#c\t1\n`,
    );
    await rm(base, { recursive: true });
  });

  test("refuses options that it would ignore", () => {
    const { index } = indexed;
    expect(() => explorerApi({ index, judgements: "/no/such/folder" })).toThrow(RetrievalError);
    const misspelt = { index, judgments: "." };
    expect(() => explorerApi(misspelt)).toThrow(/judgements/);
  });
});
