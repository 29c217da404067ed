import { cpSync, existsSync, realpathSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { ContextualCompressionRetriever } from "@langchain/classic/retrievers/contextual_compression";
import { Chroma } from "@langchain/community/vectorstores/chroma";
import { Document } from "@langchain/core/documents";
import type { EmbeddingsInterface } from "@langchain/core/embeddings";
import { BaseDocumentCompressor } from "@langchain/core/retrievers/document_compressors";
import { ChromaClient } from "chromadb";
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { OnnxEmbeddings } from "../../src/embeddings/onnx-embeddings.ts";
import type { MetadataFilter } from "../../src/documents/metadata-filter.ts";
import type { AddProgress, ChromaStore } from "../../src/vector-store/chroma-store.ts";
import { Bm25Retriever } from "../../src/lexical/bm25-retriever.ts";
import { DenseRetriever } from "../../src/vector-store/dense-retriever.ts";
import { inspectChroma } from "../../src/vector-store/inspect-chroma.ts";
import { openChroma, type OpenChromaOptions } from "../../src/vector-store/open-chroma.ts";
import { tinyModel } from "../fixtures/golden.ts";
import { HashEmbeddings } from "./hash-embeddings.ts";

let path: string;
let server: ChromaStore;
let client: ChromaClient;
let collections = 0;

beforeAll(async () => {
  path = await mkdtemp(join(tmpdir(), "langchain-rerank-"));
  server = await openChroma(new HashEmbeddings(), { collectionName: "first", path });
  client = new ChromaClient({ host: "127.0.0.1", port: Number(new URL(server.url).port) });
});

afterAll(async () => {
  await server.close();
  await rm(path, { recursive: true });
});

const newName = (): string => `collection-${(collections += 1)}`;

async function open(
  embeddings: EmbeddingsInterface = new HashEmbeddings(),
  options: Partial<OpenChromaOptions> = {},
): Promise<ChromaStore> {
  const store = await openChroma(embeddings, {
    collectionName: newName(),
    url: server.url,
    ...options,
  });
  onTestFinished(() => store.close());
  return store;
}

const pooled = (pooling: string) => new HashEmbeddings({ vectorSettings: { pooling } });

/** Opens a collection with a model, in the folder above `folder`. */
function openIn(folder: string, model: string, collectionName: string): Promise<ChromaStore> {
  vi.spyOn(process, "cwd").mockReturnValue(join(folder, ".."));
  return open(new OnnxEmbeddings({ model, device: "cpu", workers: 1 }), { collectionName });
}

const textsOf = (found: readonly Document[]): string[] =>
  found.map(({ pageContent }) => pageContent).toSorted();

const documentsOf = (...texts: readonly string[]): Document[] =>
  texts.map((pageContent) => new Document({ pageContent, metadata: { source: "a.md" } }));

const passage = (headingPath: string, start: number): Document =>
  new Document({ id: "a", pageContent: "Text.", metadata: { headingPath, start } });

const numbered = (count: number): Document[] =>
  documentsOf(...Array.from({ length: count }, (_, index) => `text ${index}`));

describe("opening a collection", () => {
  test("embeds the given metadata fields with the text, and keeps to them", async () => {
    const collectionName = newName();
    const embeddings = new HashEmbeddings();
    const passageFields = ["headingPath"];
    const store = await open(embeddings, { collectionName, passageFields });
    await store.addDocuments([passage("A > B", 0)]);
    await store.addDocuments([passage("A > B", 7)]);
    expect(embeddings.embedded).toEqual(["A > B\n\nText."]);

    const reopened = await open(embeddings, { collectionName });
    expect(reopened.passageFields).toEqual(passageFields);
    await reopened.addDocuments([passage("A > C", 7)]);
    expect(embeddings.embedded).toEqual(["A > B\n\nText.", "A > C\n\nText."]);
    const [[found, similarity] = []] = await reopened.similaritySearchWithScore(
      "A > C\n\nText.",
      1,
    );
    expect(similarity).toBeCloseTo(1, 5);
    expect(found).toMatchObject({ pageContent: "Text.", metadata: { headingPath: "A > C" } });

    for (const others of [[], ["title"]]) {
      await expect(
        open(embeddings, { collectionName, passageFields: others }),
      ).rejects.toMatchObject({
        code: "store-mismatch",
        message: expect.stringContaining(`fields ["headingPath"], got \`passageFields\` `),
      });
    }
    const plain = newName();
    expect((await open(embeddings, { collectionName: plain })).passageFields).toEqual([]);
    await expect(open(embeddings, { collectionName: plain, passageFields })).rejects.toMatchObject({
      code: "store-mismatch",
    });
  });

  test("reaches the tenant and the database of a hosted server, by option or by variable", async () => {
    const create = async (where: string, name: string) => {
      const answer = await fetch(`${server.url}/api/v2/${where}`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ name }),
      });
      expect(answer.status).toBe(200);
    };
    await create("tenants", "acme");
    await create("tenants/acme/databases", "guides");
    const store = await open(undefined, { tenant: "acme", database: "guides" });
    await store.addDocuments([new Document({ pageContent: "theirs", id: "1" })]);
    const { collectionName } = store;
    const { url } = server;

    const [own, theirs] = [await open(undefined, { collectionName }), store];
    expect([(await own.storedPassages()).size, (await theirs.storedPassages()).size]).toEqual([
      0, 1,
    ]);

    vi.stubEnv("CHROMA_TENANT", "acme");
    vi.stubEnv("CHROMA_DATABASE", "guides");
    onTestFinished(() => void vi.unstubAllEnvs());
    const named = await open(undefined, { collectionName });
    expect((await named.storedPassages()).size).toBe(1);
    const other = openChroma(new HashEmbeddings(), { collectionName, url, database: "nope" });
    await expect(other).rejects.toMatchObject({
      code: "store-mismatch",
      message: `Expected the database "nope" of tenant "acme" at ${url}, found none: create it, or pass another \`tenant\` or \`database\`.`,
    });
    await using local = await openChroma(new HashEmbeddings(), { collectionName: "first", path });
    expect((await local.storedPassages()).size).toBe(0);
  });

  test("creates it with cosine similarity, by what the server says", async () => {
    const { collectionName } = await open();
    const { configuration } = await client.getCollection({ name: collectionName });
    expect(configuration.hnsw?.space).toBe("cosine");
  });

  test("returns a store of LangChain's own class with its address", async () => {
    const store = await open();
    expect(store).toBeInstanceOf(Chroma);
    expect(store).toMatchObject({ url: server.url, path: undefined, scoreKind: "similarity" });
    expect(server).toMatchObject({
      path,
      url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
    });
  });

  test("refuses a collection of another distance, and says which", async () => {
    const collectionName = newName();
    await client.createCollection({ name: collectionName, embeddingFunction: null });
    await expect(open(new HashEmbeddings(), { collectionName })).rejects.toMatchObject({
      code: "store-mismatch",
      message: expect.stringContaining('measures distance by "l2", expected "cosine"'),
    });
  });

  test("refuses another embedding model of equal width, and takes the one it was made with", async () => {
    const { collectionName } = await open(new HashEmbeddings({ model: "bge" }));
    await expect(open(new HashEmbeddings({ model: "gte" }), { collectionName })).rejects.toThrow(
      'holds vectors of the model "bge", but these embeddings are "gte"',
    );
    await open(new HashEmbeddings({ model: "bge" }), { collectionName });
    await open(new HashEmbeddings(), { collectionName });
  });

  test("refuses vectors of the same model that were made with other settings, and says which", async () => {
    const model = "bge";
    const short = { dimensions: 256, documentPrefix: "passage: " };
    const own = await open(new HashEmbeddings({ model }));
    const shortened = await open(new HashEmbeddings({ model, vectorSettings: short }));
    const reordered = { documentPrefix: "passage: ", dimensions: 256 };
    await open(new HashEmbeddings({ model, vectorSettings: reordered }), {
      collectionName: shortened.collectionName,
    });
    await open(new HashEmbeddings({ model }), { collectionName: own.collectionName });
    const stated = '{"dimensions":256,"documentPrefix":"passage: "}';
    for (const [store, vectorSettings, words] of [
      [own, short, `made with the model's own settings, but these embeddings use ${stated}`],
      [shortened, {}, `made with ${stated}, but these embeddings use the model's own settings`],
    ] as const) {
      const { collectionName } = store;
      await expect(
        open(new HashEmbeddings({ model, vectorSettings }), { collectionName }),
      ).rejects.toMatchObject({
        code: "store-mismatch",
        message: expect.stringContaining(words),
      });
    }
  });

  test("refuses other settings also of embeddings that name no model", async () => {
    const { collectionName } = await open(pooled("cls"));
    await open(pooled("cls"), { collectionName });
    await expect(open(pooled("mean"), { collectionName })).rejects.toMatchObject({
      code: "store-mismatch",
      message: expect.stringContaining('made with {"pooling":"cls"}, but these embeddings use'),
    });
  });

  test("distinguishes folders with the same relative path, and recognises one by any of its paths", async () => {
    const [here, there] = ["a", "b"].map((name) => join(realpathSync(path), name, "model"));
    for (const folder of [here, there]) {
      cpSync(tinyModel("tiny-bert-embedder"), folder ?? "", { recursive: true });
    }
    onTestFinished(() => void vi.restoreAllMocks());
    const collectionName = newName();
    await openIn(here ?? "", "./model", collectionName);
    for (const model of ["model/", here ?? "", "../a/model"]) {
      await openIn(here ?? "", model, collectionName);
    }
    await expect(openIn(there ?? "", "./model", collectionName)).rejects.toMatchObject({
      code: "store-mismatch",
      message: expect.stringContaining(`vectors of the model "${here}", but these`),
    });
  });

  test("knows the folder of a model that a collection records by a relative path", async () => {
    const collectionName = newName();
    const model = tinyModel("tiny-bert-embedder");
    await client.createCollection({
      name: collectionName,
      embeddingFunction: null,
      metadata: { "hnsw:space": "cosine", "langchain-rerank:model": relative(".", model) },
    });
    const embeddings = new OnnxEmbeddings({ model, device: "cpu", workers: 1 });
    expect(await open(embeddings, { collectionName })).toMatchObject({ collectionName });
  });

  test("of a collection made before settings were recorded says that they are the model's own", async () => {
    const collectionName = newName();
    await client.createCollection({
      name: collectionName,
      embeddingFunction: null,
      metadata: { "hnsw:space": "cosine", "langchain-rerank:model": "bge" },
    });
    await open(new HashEmbeddings({ model: "bge" }), { collectionName });
    const vectorSettings = { dimensions: 256 };
    await expect(
      open(new HashEmbeddings({ model: "bge", vectorSettings }), { collectionName }),
    ).rejects.toMatchObject({ code: "store-mismatch" });
  });

  test("takes a collection that names no model, such as one of LangChain's Chroma", async () => {
    const collectionName = newName();
    await client.createCollection({
      name: collectionName,
      embeddingFunction: null,
      metadata: { "hnsw:space": "cosine" },
    });
    const store = await open(new HashEmbeddings({ model: "bge" }), { collectionName });
    expect(await store.addDocuments(numbered(1))).toHaveLength(1);
  });

  test("prints nothing, also for a collection that names a model of Chroma's own", async () => {
    const spies = (["log", "warn", "error", "info"] as const).map((name) =>
      vi.spyOn(console, name),
    );
    const collectionName = newName();
    const created = await fetch(
      `${server.url}/api/v2/tenants/default_tenant/databases/default_database/collections`,
      {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({
          name: collectionName,
          configuration: {
            hnsw: { space: "cosine" },
            embedding_function: { type: "known", name: "default", config: {} },
          },
        }),
      },
    );
    expect(created.status).toBe(200);
    const store = await open(new HashEmbeddings(), { collectionName });
    await store.addDocuments(numbered(2));
    await store.similaritySearch("text 1", 1);
    for (const spy of spies) expect(spy).not.toHaveBeenCalled();
    vi.restoreAllMocks();
  });
});

describe("addDocuments", () => {
  test("gives ids in the order of the documents: from the options, the document, its content", async () => {
    const store = await open();
    const [plain] = numbered(1);
    const named = new Document({ pageContent: "named", id: "own" });
    if (!plain) throw new Error("one document");
    const ids = await store.addDocuments([named, plain]);
    expect(ids).toEqual(["own", expect.stringMatching(/^[0-9a-f]{32}$/)]);
    expect(await store.addDocuments([named, plain], { ids: ["x", "y"] })).toEqual(["x", "y"]);
    await expect(store.addDocuments([named, plain], { ids: ["x"] })).rejects.toThrow(
      "Expected `ids` to have one element for each of 2 documents, got 1.",
    );
  });

  test("embeds nothing a second time, and stores nothing twice", async () => {
    const embeddings = new HashEmbeddings();
    const store = await open(embeddings);
    const first = await store.addDocuments(numbered(150));
    expect(embeddings.embedded).toHaveLength(150);
    expect(await store.addDocuments(numbered(150))).toEqual(first);
    expect(embeddings.embedded).toHaveLength(150);
    expect((await store.storedPassages()).size).toBe(150);
  });

  test("embeds what has changed under its id, and only that", async () => {
    const embeddings = new HashEmbeddings();
    const store = await open(embeddings);
    await store.addDocuments(documentsOf("one", "two"), { ids: ["1", "2"] });
    await store.addDocuments(documentsOf("one", "zwei"), { ids: ["1", "2"] });
    expect(embeddings.embedded).toEqual(["one", "two", "zwei"]);
    const [[found, score] = []] = await store.similaritySearchWithScore("zwei", 1);
    expect(found).toMatchObject({ id: "2", pageContent: "zwei" });
    expect(score).toBeCloseTo(1, 5);
  });

  test("replaces metadata without embedding the text again", async () => {
    const embeddings = new HashEmbeddings();
    const store = await open(embeddings);
    const old = { pageContent: "one", id: "1", metadata: { source: "a.md", page: 1 } };
    await store.addDocuments([new Document(old)]);
    await store.addDocuments([new Document({ ...old, metadata: { page: 2, title: "T" } })]);
    expect(embeddings.embedded).toEqual(["one"]);
    const [found] = await store.similaritySearch("one", 1);
    expect(found?.metadata).toEqual({ page: 2, title: "T" });
  });

  test("works in steps and reports progress after each", async () => {
    const store = await open();
    await store.addDocuments(numbered(2));
    const seen: AddProgress[] = [];
    await store.addDocuments(numbered(7), { batchSize: 3, onProgress: (at) => seen.push(at) });
    expect(seen).toEqual([
      { done: 3, total: 7, embedded: 1 },
      { done: 6, total: 7, embedded: 4 },
      { done: 7, total: 7, embedded: 5 },
    ]);
    await expect(store.addDocuments(numbered(1), { batchSize: 0 })).rejects.toThrow("`batchSize`");
  });

  test("continues where an embedder failed", async () => {
    const failing = new HashEmbeddings({
      beforeBatch: (embedded) => {
        if (embedded >= 20) throw new Error("out of memory");
      },
    });
    const store = await open(failing);
    await expect(store.addDocuments(numbered(50), { batchSize: 10 })).rejects.toThrow(
      "out of memory",
    );
    expect((await store.storedPassages()).size).toBe(20);
    const embeddings = new HashEmbeddings();
    const again = await open(embeddings, { collectionName: store.collectionName });
    await again.addDocuments(numbered(50), { batchSize: 10 });
    expect(embeddings.embedded).toHaveLength(30);
    expect((await again.storedPassages()).size).toBe(50);
  });

  test("stores a batch whose metadata are larger than a request", async () => {
    const store = await open();
    const metadata = { title: "z".repeat(15_000_000) };
    const documents = documentsOf("a", "b", "c").map(
      ({ pageContent }) => new Document({ pageContent, metadata }),
    );
    await store.addDocuments(documents, { ids: ["a", "b", "c"] });
    expect((await store.storedPassages()).size).toBe(3);
  });

  test("names the document that is too large for the server by itself", async () => {
    const store = await open();
    const large = new Document({ pageContent: "a", metadata: { title: "z".repeat(43_000_000) } });
    await expect(
      store.addDocuments([...numbered(2), large], { ids: ["a", "b", "c"] }),
    ).rejects.toMatchObject({
      code: "invalid-input",
      message: expect.stringMatching(
        /got about 43 MB with its metadata for the document "c": split/,
      ),
    });
  });

  test("stops at an abort with its reason, and writes nothing after it", async () => {
    const controller = new AbortController();
    const reason = new Error("enough");
    const embeddings = new HashEmbeddings({
      beforeBatch: (embedded) => {
        if (embedded >= 20) controller.abort(reason);
      },
    });
    const store = await open(embeddings);
    const adding = store.addDocuments(numbered(50), { batchSize: 10, signal: controller.signal });
    await expect(adding).rejects.toBe(reason);
    expect((await store.storedPassages()).size).toBe(20);
    const { signal } = controller;
    await expect(store.addDocuments(numbered(1), { signal })).rejects.toBe(reason);
  });

  test("takes documents that share an id once, the last of them", async () => {
    const store = await open();
    const ids = await store.addDocuments(documentsOf("one", "two", "three"), {
      ids: ["a", "b", "a"],
    });
    expect(ids).toEqual(["a", "b", "a"]);
    const found = await store.similaritySearch("three", 5);
    expect(found.map(({ id, pageContent }) => [id, pageContent])).toEqual(
      expect.arrayContaining([
        ["a", "three"],
        ["b", "two"],
      ]),
    );
    expect(found).toHaveLength(2);
  });

  test.each([
    ["left out", {}],
    ["null", { visibility: JSON.parse("null") }],
  ])(
    "no longer finds a document by a field that is %s when it is stored again",
    async (_kind, now) => {
      const filter = { visibility: "public" };
      const embeddings = new HashEmbeddings();
      const store = await open(embeddings);
      const lexical = new Bm25Retriever();
      const text = { pageContent: "salaries", id: "1" };
      const stages = [new DenseRetriever({ store }), lexical];
      const found = async (query: string) =>
        Promise.all(
          stages.map(async (stage) => (await stage.candidates(query, { k: 3, filter })).length),
        );
      const put = async (document: Document) => {
        await store.addDocuments([document]);
        await lexical.addDocuments([document]);
      };
      await put(new Document({ ...text, metadata: { source: "a.md", visibility: "public" } }));
      expect(await found("salaries")).toEqual([1, 1]);
      await put(new Document({ ...text, metadata: { source: "a.md", ...now } }));
      expect(await found("salaries")).toEqual([0, 0]);
      expect(embeddings.embedded).toEqual(["salaries"]);
      const [kept] = await store.similaritySearch("salaries", 3);
      expect(kept).toMatchObject({ pageContent: "salaries", metadata: { source: "a.md" } });

      await put(new Document({ ...text, metadata: { visibility: "public" } }));
      await put(new Document({ ...text, pageContent: "wages", metadata: { ...now } }));
      expect(await found("wages")).toEqual([0, 0]);
      const vector = await embeddings.embedQuery("wages");
      await store.addVectors(
        [vector],
        [new Document({ ...text, metadata: { visibility: "public" } })],
      );
      await store.addVectors([vector], [new Document({ ...text, metadata: { ...now } })]);
      expect(await found("salaries")).toEqual([0, 0]);
    },
  );

  test("stores and gives back texts of every kind, and documents without metadata", async () => {
    const texts = [
      "",
      "a\0b",
      "😀👩‍👩‍👧",
      "שלום עולם",
      "向量数据库",
      "e\u0301",
      "\r\n\t",
      "x".repeat(100_000),
    ];
    const store = await open();
    await store.addDocuments(texts.map((pageContent) => new Document({ pageContent })));
    await store.addDocuments([
      new Document({ pageContent: "lone \uD800", id: "lone", metadata: { "\uDC00": "\uD800" } }),
    ]);
    const found = await store.similaritySearch("", 20);
    expect(new Set(found.map(({ pageContent }) => pageContent))).toEqual(
      new Set([...texts, "lone \uFFFD"]),
    );
    expect(found.find(({ id }) => id === "lone")?.metadata).toEqual({ "\uFFFD": "\uFFFD" });
    expect(found.find(({ pageContent }) => pageContent === "")?.metadata).toEqual({});
  });

  test("changes nothing of frozen documents, and leaves out metadata that is null", async () => {
    const store = await open();
    const metadata = Object.freeze({
      source: "a.md",
      page: null,
      loc: { lines: { from: 1, to: 2 } },
    });
    const document = Object.freeze(new Document({ pageContent: "frozen", metadata }));
    await store.addDocuments(Object.freeze([document]));
    const [found] = await store.similaritySearch("frozen", 1);
    expect(found?.metadata).toEqual({ source: "a.md", loc: { lines: { from: 1, to: 2 } } });
    expect(document.metadata).toBe(metadata);
  });

  test("writes nothing at all if one document cannot be stored", async () => {
    const store = await open();
    const bad = new Document({ pageContent: "bad", metadata: { tags: ["a"] } });
    await expect(store.addDocuments([...numbered(1), bad])).rejects.toMatchObject({
      code: "invalid-input",
      message: expect.stringContaining('"tags"'),
    });
    expect((await store.storedPassages()).size).toBe(0);
  });

  test.each(["ab", 5, null, undefined, [5]])("is not asked for with %o for ids", async (ids) => {
    const store = await open();
    await store.addDocuments(documentsOf("a", "b"), { ids: ["a", "b"] });
    const asked = async (): Promise<unknown> =>
      Reflect.apply(Reflect.get(store, "storedDocuments"), store, [ids]);
    await expect(asked).rejects.toMatchObject({
      code: "invalid-input",
      message: expect.stringContaining("ids"),
    });
    await expect(async () =>
      Reflect.apply(Reflect.get(store, "delete"), store, [{ ids: ids ?? "ab" }]),
    ).rejects.toMatchObject({ code: "invalid-option" });
    expect((await store.storedPassages()).size).toBe(2);
  });

  test("returns nothing for nothing", async () => {
    expect(await (await open()).addDocuments([])).toEqual([]);
  });
});

describe("vectors", () => {
  test("of another width are refused before anything is written or searched", async () => {
    const store = await open();
    await store.addDocuments(numbered(3));
    const wide = await open(new HashEmbeddings({ width: 32 }), {
      collectionName: store.collectionName,
    });
    await expect(wide.addDocuments(documentsOf("new"))).rejects.toMatchObject({
      code: "store-mismatch",
      message: expect.stringContaining("holds vectors of 16 numbers, but these embeddings have 32"),
      // Else it was the server that refused.
      cause: undefined,
    });
    await expect(wide.similaritySearch("text 1", 1)).rejects.toMatchObject({
      code: "store-mismatch",
    });
    expect((await store.storedPassages()).size).toBe(3);
  });

  test("of another width are refused if another process was first to fill the collection", async () => {
    const store = await open();
    const wide = await open(new HashEmbeddings({ width: 32 }), {
      collectionName: store.collectionName,
    });
    await store.addDocuments(numbered(3));
    await expect(wide.addDocuments(documentsOf("new"))).rejects.toThrow(
      "holds vectors of 16 numbers, but these embeddings have 32",
    );
  });

  test("that hold no finite numbers are refused", async () => {
    const store = await open();
    const [document] = numbered(1);
    if (!document) throw new Error("one document");
    await expect(store.addVectors([[NaN, 1]], [document])).rejects.toMatchObject({
      code: "model-mismatch",
    });
    await expect(store.addVectors([], [document])).rejects.toThrow("Expected `vectors`");
  });

  test("made elsewhere are stored under the documents' ids", async () => {
    const store = await open();
    const documents = documentsOf("east", "north", "north again");
    await store.addVectors(
      [
        [1, 0],
        [0, 1],
        [0, 1],
      ],
      documents,
      { ids: ["e", "n", "n"] },
    );
    const found = await store.similaritySearchVectorWithScore([0, 2], 2);
    expect(found.map(([{ id, pageContent }, score]) => [id, pageContent, score])).toEqual([
      ["n", "north again", 1],
      ["e", "east", 0],
    ]);
  });
});

describe("searching", () => {
  test("gives similarities, best first, and one found without a distance last", async () => {
    const store = await open();
    const documents = ["east", "north", "west", "nowhere"].map(
      (id) => new Document({ pageContent: id, id }),
    );
    await store.addVectors(
      [
        [1, 0],
        [1, 1],
        [-1, 0],
        [0, 0],
      ],
      documents,
    );
    const collection = await client.getCollection({ name: store.collectionName });
    // Only vectors written by others can hold this; the server then gives no distance.
    await collection.upsert({ ids: ["broken"], embeddings: [[NaN, 0]], documents: ["broken"] });
    const found = await store.similaritySearchVectorWithScore([2, 0], 9);
    expect(found.map(([{ id }, score]) => [id, score])).toEqual([
      ["east", 1],
      ["north", expect.closeTo(Math.SQRT1_2, 6)],
      ["nowhere", 0],
      ["broken", 0],
      ["west", -1],
    ]);
  });

  test("hands the filter to the server, so that a tenant sees its own documents only", async () => {
    const store = await open();
    const documents = ["a", "b"].flatMap((tenant) =>
      [2023, 2024, 2025].map(
        (year) => new Document({ pageContent: `${tenant} ${year}`, metadata: { tenant, year } }),
      ),
    );
    await store.addDocuments(documents);
    const retriever = store.asRetriever(50, { tenant: "a", year: { $gte: 2024 } });
    expect(textsOf(await retriever.invoke("b 2024"))).toEqual(["a 2024", "a 2025"]);
    const dense = new DenseRetriever({ store });
    const filter = { $or: [{ tenant: "b" }] };
    expect(textsOf(await dense.candidates("a 2023", { k: 9, filter }))).toEqual([
      "b 2023",
      "b 2024",
      "b 2025",
    ]);
    expect(await store.similaritySearch("a 2023", 9, { tenant: "c" })).toEqual([]);
    const missing: MetadataFilter = JSON.parse('{ "tenant": null }');
    await expect(dense.candidates("a", { k: 9, filter: missing })).rejects.toMatchObject({
      code: "invalid-input",
    });
  });

  test("searches and deletes nothing with what is not a filter, and finds each fraction alone", async () => {
    const store = await open();
    const [zero, tenth] = [0, 0.1].map(
      (v) => new Document({ id: `${v}`, pageContent: `${v}`, metadata: { v } }),
    );
    if (!zero || !tenth) throw new Error("two documents");
    await store.addDocuments([zero, tenth]);
    const refusal = expect.objectContaining({ code: "invalid-input" });
    for (const wrong of [null, [], 0, "", Promise.resolve({ v: 0 }), new Map(), { $or: [{}] }]) {
      // @ts-expect-error -- what a caller in plain JavaScript can do
      await expect(store.similaritySearch("0", 9, wrong)).rejects.toEqual(refusal);
      // @ts-expect-error -- what a caller in plain JavaScript can do
      await expect(store.delete({ ids: ["0"], filter: wrong })).rejects.toEqual(refusal);
    }
    expect((await store.storedPassages()).size).toBe(2);
    expect(textsOf(await store.similaritySearch("0", 9, { v: 0.1 }))).toEqual(["0.1"]);
    await store.delete({ filter: { v: 0.1 } });
    expect([...(await store.storedPassages()).keys()]).toEqual(["0"]);
  });

  test("says that a filter is larger than the server can take", async () => {
    const store = await open();
    await store.addDocuments([new Document({ pageContent: "a", metadata: { n: 1 } })]);
    const $in = Array.from({ length: 50_000 }, (_, n) => n);
    await expect(store.similaritySearch("a", 1, { n: { $in } })).rejects.toMatchObject({
      code: "invalid-input",
      message: expect.stringContaining("Expected a filter that Chroma"),
    });
  });

  test("leaves out what the server finds although the filter excludes it", async () => {
    const store = await open();
    await store.addDocuments([new Document({ id: "one", pageContent: "1", metadata: { v: 1 } })]);
    const { id } = await client.getCollection({ name: store.collectionName });
    // Another client can write a number that JavaScript cannot tell from 2^53.
    const address = `api/v2/tenants/default_tenant/databases/default_database/collections/${id}/add`;
    const vector = await store.embeddings.embedQuery("2");
    const response = await fetch(new URL(address, store.url), {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: `{"ids":["other"],"embeddings":[${JSON.stringify(vector)}],"documents":["2"],"metadatas":[{"v":9007199254740993}]}`,
    });
    expect(response.status).toBe(201);
    expect(await store.similaritySearch("2", 9)).toHaveLength(2);
    expect(textsOf(await store.similaritySearch("2", 9, { v: { $ne: 2 ** 53 } }))).toEqual(["1"]);
  });

  test("applies the store's own filter and the call's together", async () => {
    const store = await open();
    await store.addDocuments(
      ["a", "b"].map((tenant) => new Document({ pageContent: tenant, metadata: { tenant } })),
    );
    Object.assign(store, { filter: { tenant: "a" } });
    expect(await store.similaritySearch("b", 9)).toHaveLength(1);
    expect(await store.similaritySearch("b", 9, { tenant: "b" })).toEqual([]);
  });

  test("works in LangChain's compression retriever and in ours", async () => {
    class KeepTwo extends BaseDocumentCompressor {
      override async compressDocuments(documents: Document[]): Promise<Document[]> {
        return documents.slice(0, 2);
      }
    }
    const store = await open();
    await store.addDocuments(numbered(80));
    const retriever = new ContextualCompressionRetriever({
      baseRetriever: store.asRetriever(50),
      baseCompressor: new KeepTwo(),
    });
    expect((await retriever.invoke("text 7")).map(({ pageContent }) => pageContent)).toEqual([
      "text 7",
      expect.any(String),
    ]);
    const [first, ...others] = await new DenseRetriever({ store }).invoke("text 7");
    expect(first?.metadata["retrieval"]).toEqual({
      rank: 1,
      dense: { rank: 1, score: expect.closeTo(1, 5) },
    });
    expect(others).toHaveLength(49);
  });

  test("gives nothing from an empty collection, and refuses a k below 1", async () => {
    const store = await open();
    expect(await store.similaritySearch("text", 5)).toEqual([]);
    await expect(store.similaritySearch("text", 0)).rejects.toThrow("Expected `k`");
  });
});

describe("listing and deleting", () => {
  test("lists every passage with its source, over more than one page", async () => {
    const store = await open();
    const documents = Array.from(
      { length: 2100 },
      (_, index) => new Document({ pageContent: "text", metadata: { source: `${index}.md` } }),
    );
    const ids = documents.map((_, index) => `${index}`);
    const vectors = documents.map((_, index) => [1, index]);
    await store.addVectors(vectors, documents, { ids, batchSize: 1000 });
    await store.addVectors([[1, 1]], [new Document({ pageContent: "no source" })], { ids: ["x"] });
    const passages = await store.storedPassages();
    expect(passages.size).toBe(2101);
    expect(passages.get("2099")).toEqual({ source: "2099.md" });
    expect(passages.get("x")).toEqual({});
    await store.delete({ ids: ["unknown", "0", ...ids] });
    expect([...(await store.storedPassages()).keys()]).toEqual(["x"]);
  });

  test("deletes of the ids only what a filter selects, if both are given", async () => {
    const store = await open();
    const ids = await store.addDocuments(
      ["a", "b", "a"].map(
        (source, index) => new Document({ pageContent: `text ${index}`, metadata: { source } }),
      ),
    );
    await store.delete({ ids: ids.slice(0, 2), filter: { source: "a" } });
    expect([...(await store.storedPassages()).keys()].toSorted()).toEqual(ids.slice(1).toSorted());
  });

  test("deletes what a filter selects, and nothing without ids and filter", async () => {
    const store = await open();
    await store.addDocuments(
      ["a", "b"].map((source) => new Document({ pageContent: source, metadata: { source } })),
    );
    await store.delete({ filter: { source: "a" } });
    await store.delete({ ids: [] });
    // @ts-expect-error -- as a program in JavaScript may call it
    await expect(store.delete(["0"])).rejects.toMatchObject({ code: "invalid-option" });
    expect([...(await store.storedPassages()).values()]).toEqual([{ source: "b" }]);
    await expect(store.delete({})).rejects.toMatchObject({ code: "invalid-option" });
    await expect(store.delete({ filter: {} })).rejects.toMatchObject({ code: "invalid-option" });
    expect((await store.storedPassages()).size).toBe(1);
  });

  test("says so if the collection has been deleted meanwhile", async () => {
    const store = await open();
    await client.deleteCollection({ name: store.collectionName });
    await expect(store.addDocuments(numbered(1))).rejects.toMatchObject({
      code: "store-mismatch",
      message: expect.stringContaining("open the store again"),
    });
  });
});

test("without `create`, a collection or a folder that does not exist is an error, and stays absent", async () => {
  const existing = await open();
  const folder = await mkdtemp(join(tmpdir(), "langchain-rerank-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const absent = join(folder, "missing");
  for (const place of [{ url: existing.url }, { path: absent }]) {
    await expect(
      openChroma(new HashEmbeddings(), { collectionName: "missing", create: false, ...place }),
    ).rejects.toMatchObject({
      code: "store-mismatch",
      message: expect.stringMatching(/^Expected the collection "missing" (at|in) .*, found none: /),
    });
  }
  expect(existsSync(absent)).toBe(false);
  const found = await inspectChroma(existing.url);
  expect(found.collections.map(({ name }) => name)).not.toContain("missing");
  const { collectionName, url } = existing;
  await using again = await openChroma(new HashEmbeddings(), {
    collectionName,
    url,
    create: false,
  });
  expect(again.collectionName).toBe(collectionName);
});

test("a closed store refuses every call, and closing twice is no error", async () => {
  const store = await open();
  await store.close();
  await store[Symbol.asyncDispose]();
  await expect(store.addDocuments(numbered(1))).rejects.toMatchObject({ code: "disposed" });
  await expect(store.similaritySearch("text", 1)).rejects.toMatchObject({ code: "disposed" });
});

test("a folder opened again has its server at the address it had, which fetch knows already", async () => {
  const folder = await mkdtemp(join(tmpdir(), "langchain-rerank-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const urls = new Set<string>();
  for (let round = 0; round < 3; round += 1) {
    const options = { collectionName: newName(), path: folder };
    await using store = await openChroma(new HashEmbeddings(), options);
    urls.add(store.url);
  }
  expect(urls.size).toBe(1);
});
