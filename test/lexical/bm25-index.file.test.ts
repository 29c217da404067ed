import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { describe, expect, test } from "vitest";
import { Bm25Index } from "../../src/lexical/bm25-index.ts";
import { temporaryFolder } from "../vector-store/temporary-folder.ts";
import { deepFreeze } from "../deep-freeze.ts";
import { generateTexts, mulberry32 } from "./generated-texts.ts";
import { whitespace } from "./whitespace-analyzer.ts";

const documents = deepFreeze(
  generateTexts(300, { draw: mulberry32(3), least: 0, most: 30 }).map((text, place) => ({
    id: place === 0 ? "__proto__" : `id ${place} \ud83d\ude00 \udc00`,
    text: `${text} é\ud800`,
    metadata: { place, nested: { list: [1, "two", null] }, ["__proto__"]: "own" },
  })),
);

async function newIndex(texts: "keep" | "drop" = "keep"): Promise<Bm25Index> {
  const index = new Bm25Index({ analyzer: whitespace, texts, k1: 0.9, b: 0.4, variant: "bm25l" });
  await index.add(documents);
  return index;
}

const load = (path: string): Promise<Bm25Index> => Bm25Index.load(path, { analyzer: whitespace });

/** A small index, its file and the file's bytes. */
async function saved(): Promise<{ path: string; whole: Buffer }> {
  const path = join(await temporaryFolder(), "index.bm25");
  const index = new Bm25Index({ analyzer: whitespace, texts: "keep" });
  await index.add(documents.slice(0, 3));
  await index.save(path);
  return { path, whole: await readFile(path) };
}

/** A text of 300 words, each more often than the one before: many classes of frequency and length. */
const stairs = (place: number): string =>
  Array.from({ length: 300 }, (_, at) => `w${at} `.repeat(1 + at)).join("") + "p ".repeat(place);

describe("a saved index", () => {
  test("is the same when it is loaded, in what it finds and in what it keeps", async () => {
    const path = join(await temporaryFolder(), "index.bm25");
    const index = await newIndex();
    await index.delete(documents.slice(10, 20).map(({ id }) => id));
    await index.save(path);
    const loaded = await load(path);
    expect(loaded.search("t1 t40 é\ud800", 400)).toEqual(index.search("t1 t40 é\ud800", 400));
    expect([...loaded.ids()]).toEqual([...index.ids()]);
    for (const id of index.ids()) expect(loaded.get(id)).toEqual(index.get(id));
    expect(loaded.get("__proto__")?.text).toBe(documents[0]?.text);
    expect(loaded.texts).toBe("keep");
  });

  test("can grow further, and is saved again over itself", async () => {
    const path = join(await temporaryFolder(), "index.bm25");
    const index = await newIndex("drop");
    await index.save(path);
    const loaded = await load(path);
    const later = documents.map(({ id, text }) => ({ id: `later ${id}`, text: `${text} t1` }));
    for (const each of [index, loaded]) {
      await each.delete(documents.slice(0, 50).map(({ id }) => id));
      await each.add(later);
    }
    await loaded.save(path);
    const again = await load(path);
    for (const each of [loaded, again]) {
      expect(each.search("t1 t2 t7", 1000)).toEqual(index.search("t1 t2 t7", 1000));
    }
    expect(await readdir(join(path, ".."))).toEqual(["index.bm25"]);
  });

  test("may be empty", async () => {
    const path = join(await temporaryFolder(), "index.bm25");
    await new Bm25Index({ analyzer: whitespace }).save(path);
    const loaded = await load(path);
    expect([loaded.size, loaded.search("x", 1)]).toEqual([0, []]);
    await loaded.add(documents);
    expect(loaded.size).toBe(documents.length);
  });

  test("is refused with another analyzer", async () => {
    const path = join(await temporaryFolder(), "index.bm25");
    await (await newIndex()).save(path);
    await expect(
      Bm25Index.load(path, { analyzer: { ...whitespace, name: "other" } }),
    ).rejects.toMatchObject({
      code: "index-mismatch",
      message: expect.stringContaining('built with the analyzer "whitespace", not with "other"'),
    });
  });

  test("keeps its classes apart if they need more than 16 bits", async () => {
    const path = join(await temporaryFolder(), "index.bm25");
    const index = new Bm25Index({ analyzer: whitespace });
    await index.add(
      Array.from({ length: 250 }, (_, place) => ({ id: `${place}`, text: stairs(place) })),
    );
    await index.save(path);
    const loaded = await load(path);
    for (const query of ["w1 w299", "p w7", "w250"]) {
      expect(loaded.search(query, 300)).toEqual(index.search(query, 300));
    }
  });

  test("is not there", async () => {
    const path = join(await temporaryFolder(), "index.bm25");
    await expect(load(path)).rejects.toMatchObject({ code: "invalid-input" });
  });

  test("is not there if a folder or a device has its name", async () => {
    const folder = await temporaryFolder();
    await expect(load(folder)).rejects.toMatchObject({
      code: "invalid-input",
      message: `Expected a saved index file at ${folder}, got a folder: pass the path of the file in it.`,
    });
    await expect(load("/dev/null")).rejects.toThrow(/not a regular file|Cannot open/);
    await expect((await newIndex()).save(folder)).rejects.toMatchObject({ code: "invalid-input" });
  });

  test("stays as it was when the next save fails", async () => {
    const path = join(await temporaryFolder(), "index.bm25");
    await (await newIndex()).save(path);
    const before = await readFile(path);
    const bad = new Bm25Index({ analyzer: whitespace });
    await bad.add([{ id: "a", text: "x", metadata: { count: 1n } }]);
    await expect(bad.save(path)).rejects.toMatchObject({ code: "invalid-input" });
    expect(await readFile(path)).toEqual(before);
    expect(await readdir(join(path, ".."))).toEqual(["index.bm25"]);
  });
});

describe("metadata that JSON would change", () => {
  class Price {
    readonly amount = 1;
  }
  const circular: Record<string, unknown> = {};
  circular["self"] = circular;

  test.each([
    ["date", new Date(0), '"date" of document "a" is a Date'],
    ["score", Number.NaN, '"score" of document "a" is NaN'],
    ["score", -Infinity, "is -Infinity"],
    ["tags", new Map([["a", 1]]), "is a Map"],
    ["tags", new Set(["a"]), "is a Set"],
    ["count", 1n, "is a bigint"],
    ["price", new Price(), "is a Price"],
    ["make", () => 1, "is a function"],
    ["loc", { lines: [1, undefined] }, '"loc.lines[1]" of document'],
    ["loc", { at: new Date(0) }, '"loc.at" of document'],
    ["loc", circular, '"loc.self" of document "a" is an object that contains itself'],
  ])("is refused at save: %s %o", async (name, value, message) => {
    const path = join(await temporaryFolder(), "index.bm25");
    const index = new Bm25Index({ analyzer: whitespace });
    await index.add([{ id: "a", text: "x", metadata: { source: "a.md", [name]: value } }]);
    await expect(index.save(path)).rejects.toMatchObject({
      code: "invalid-input",
      message: expect.stringContaining(message),
    });
  });

  test("is nothing else: what is kept comes back as it was", async () => {
    const path = join(await temporaryFolder(), "index.bm25");
    const index = new Bm25Index({ analyzer: whitespace });
    const shared = { a: [1, "two", false, JSON.parse("null")] };
    const metadata = { one: shared, two: shared, absent: undefined };
    await index.add([{ id: "a", text: "x", metadata }]);
    await index.save(path);
    expect((await load(path)).get("a")?.metadata).toEqual({ one: shared, two: shared });
  });
});

describe("a damaged file gives an error and never an answer", () => {
  test("cut off at any byte, or longer than it was", async () => {
    const { path, whole } = await saved();
    for (let length = 0; length < whole.length; length += 1) {
      await writeFile(path, whole.subarray(0, length));
      await expect(load(path)).rejects.toMatchObject({ code: "index-damaged" });
    }
    await writeFile(path, Buffer.concat([whole, Buffer.alloc(8)]));
    await expect(load(path)).rejects.toMatchObject({ code: "index-damaged" });
  });

  test("with any bit flipped", async () => {
    const { path, whole } = await saved();
    for (let bit = 0; bit < 8 * whole.length; bit += bit < 256 ? 1 : 13) {
      const flipped = Buffer.from(whole);
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      await writeFile(path, flipped);
      await expect(load(path)).rejects.toMatchObject({ code: /^index-(damaged|mismatch)$/ });
    }
  });

  test.each([0, 2, 1000])("of layout version %i", async (version) => {
    const { path, whole } = await saved();
    const other = Buffer.from(whole);
    other.writeUInt32LE(version, 8);
    other.writeUInt32LE(crc32(other.subarray(0, -8)), other.length - 4);
    await writeFile(path, other);
    await expect(load(path)).rejects.toMatchObject({
      code: "index-mismatch",
      message: expect.stringContaining(`has layout version ${version}`),
    });
  });

  test("that is something else, with a checksum that holds", async () => {
    const { path, whole } = await saved();
    const other = Buffer.from(whole);
    other.fill(0x20, 16, other.length - 24);
    other.writeUInt32LE(crc32(other.subarray(0, -8)), other.length - 4);
    await writeFile(path, other);
    await expect(load(path)).rejects.toMatchObject({ code: "index-damaged" });
    await writeFile(path, "# Notes\n\nNot an index at all.\n");
    await expect(load(path)).rejects.toThrow("is not a saved index");
  });
});
