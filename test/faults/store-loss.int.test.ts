import { existsSync } from "node:fs";
import { chmod, chown, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Document } from "@langchain/core/documents";
import { expect, onTestFinished, test } from "vitest";
import { asNobody } from "../as-nobody.ts";
import { RetrievalError } from "../../src/errors.ts";
import { LexicalFile } from "../../src/cli/lexical-file.ts";
import type { ChromaStore } from "../../src/vector-store/chroma-store.ts";
import { openChroma } from "../../src/vector-store/open-chroma.ts";
import { HashEmbeddings } from "../vector-store/hash-embeddings.ts";
import { answers, countKeepers, eventually, keeperPid } from "../vector-store/server-users.ts";
import { temporaryFolder } from "../vector-store/temporary-folder.ts";

const documents = Array.from(
  { length: 20 },
  (_, place) => new Document({ pageContent: `text ${place}`, metadata: { source: "a.md" } }),
);
const more = [new Document({ pageContent: "one more", metadata: { source: "b.md" } })];

async function open(path: string): Promise<ChromaStore> {
  const store = await openChroma(new HashEmbeddings(), { collectionName: "guides", path });
  onTestFinished(() => store.close());
  return store;
}

/** The RetrievalError that a call fails with, in words; any other error comes through. */
async function failureOf(call: Promise<unknown>): Promise<string> {
  return call.then(
    () => "none",
    (error: unknown) => {
      if (error instanceof RetrievalError) return `${error.code}: ${error.message}`;
      throw error;
    },
  );
}

const ended = /^store-unreachable: The Chroma server of .* has ended.*Open the store again/;

/** Deletes what was stored, in one of the ways in which people do. */
const losses: readonly (readonly [string, (folder: string) => Promise<unknown>])[] = [
  ["is deleted", (folder) => rm(folder, { recursive: true })],
  [
    "is emptied",
    async (folder) => {
      for (const name of await readdir(folder)) await rm(join(folder, name), { recursive: true });
    },
  ],
  [
    "is deleted and made anew",
    async (folder) => {
      await rm(folder, { recursive: true });
      await mkdir(folder);
    },
  ],
];

test.skipIf(process.platform === "win32").each(losses)(
  "an open store reports a folder that %s, and opening again starts a new server",
  async (_way, lose) => {
    const path = join(await temporaryFolder(), "store");
    const store = await open(path);
    await store.addDocuments(documents);
    await lose(path);
    // Until it is told, a call may find what the server still has open.
    await eventually(async () => {
      const adding = await failureOf(store.addDocuments(more));
      return ended.test(adding) && ended.test(await failureOf(store.similaritySearch("text 7", 1)));
    });
    await store.close();
    const again = await open(path);
    expect(await again.similaritySearch("text 7", 1)).toEqual([]);
    await again.addDocuments(documents);
    expect((await again.similaritySearch("text 7", 1))[0]?.pageContent).toBe("text 7");
    await eventually(() => countKeepers(path) === 1);
  },
);

test("the store that was opened on a recreated folder is the only one that writes there", async () => {
  const path = join(await temporaryFolder(), "store");
  const lost = await open(path);
  await lost.addDocuments(documents);
  await rm(path, { recursive: true });
  const store = await open(path);
  await store.addDocuments(more);
  await eventually(async () => ended.test(await failureOf(lost.addDocuments(documents))));
  await eventually(() => countKeepers(path) === 1);
  expect((await store.storedPassages()).size).toBe(1);
});

const damages: readonly (readonly [string, (state: string) => string | undefined])[] = [
  ["deleted", () => undefined],
  ["cut off", (state) => state.slice(0, -9)],
  ["damaged in its token", (state) => state.replace(/"token":"./, '"token":"_')],
  ["damaged in its port", (state) => state.replace(/"port":\d/, '"port":')],
];

test.each(damages)(
  "a server.json that is %s while two use the store is written again",
  async (_way, damage) => {
    const path = await temporaryFolder();
    const [one, other] = [await open(path), await open(path)];
    await one.addDocuments(documents);
    const pid = await keeperPid(path);
    const stateFile = join(path, "server.json");
    const state = await readFile(stateFile, "utf8");
    const damaged = damage(state);
    if (damaged === undefined) await rm(stateFile);
    else await writeFile(stateFile, damaged);
    await eventually(
      // The keeper removes the damaged file before it writes a new one.
      async () => (await readFile(stateFile, "utf8").catch(() => "")) === state,
    );
    expect((await other.similaritySearch("text 7", 1))[0]?.pageContent).toBe("text 7");
    const third = await open(path);
    expect(await keeperPid(path)).toBe(pid);
    expect(countKeepers(path)).toBe(1);
    await third.addDocuments(more);
    expect((await one.storedPassages()).size).toBe(21);
  },
);

test("a store opened in the moment in which server.json was gone ends the older server", async () => {
  const path = await temporaryFolder();
  const older = await open(path);
  await older.addDocuments(documents);
  await rm(join(path, "server.json"));
  const younger = await open(path);
  await eventually(() => countKeepers(path) === 1);
  // Where server.json was written again in time, both have the same one.
  const isSame = older.url === younger.url;
  expect(await answers(older.url)).toBe(isSame);
  const failure = await failureOf(older.similaritySearch("text 7", 1));
  expect(failure).toMatch(isSame ? /^none$/ : ended);
  expect((await younger.storedPassages()).size).toBe(20);
});

test.skipIf(process.platform === "win32")(
  "a store whose folder becomes read-only refuses to write, finds what it has, and writes again after it",
  async () => {
    const path = await temporaryFolder();
    for (const id of [0, 65_534]) if (process.geteuid?.() === 0) await chown(path, id, id);
    const store = await asNobody(() => open(path));
    await store.addDocuments(documents);
    const files = ["", ...(await readdir(path, { recursive: true }))].map((name) =>
      join(path, name),
    );
    // The journal of the database may be gone meanwhile.
    const whereFound = files.filter((file) => existsSync(file));
    for (const file of whereFound) await chmod(file, 0o555);
    await expect(store.addDocuments(more)).rejects.toMatchObject({
      name: "RetrievalError",
      code: "store-unreachable",
      message: expect.stringContaining("make the folder writable for the user"),
    });
    for (const file of whereFound) await chmod(file, 0o755);
    expect((await store.similaritySearch("text 7", 1))[0]?.pageContent).toBe("text 7");
    await store.addDocuments(more);
    expect((await store.storedPassages()).size).toBe(21);
  },
);

test("a search says to index again if the lexical file was deleted", async () => {
  const path = join(await temporaryFolder(), "guides.bm25");
  const { signal } = new AbortController();
  await new LexicalFile(path).update(async (index) => index.addDocuments(documents), signal);
  await rm(path);
  await expect(new LexicalFile(path).openToRead()).rejects.toMatchObject({
    name: "RetrievalError",
    code: "index-mismatch",
    message: expect.stringMatching(/a lexical index at .*guides\.bm25, found none: run/),
  });
});
