import { mkdir, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { MemoryVectorStore } from "@langchain/classic/vectorstores/memory";
import { onTestFinished, expect, test } from "vitest";
import { Bm25Retriever } from "../../src/lexical/bm25-retriever.ts";
import { indexFolder, type IndexProgress } from "../../src/retrieval/index-folder.ts";
import { openChroma } from "../../src/vector-store/open-chroma.ts";
import { HashEmbeddings } from "../vector-store/hash-embeddings.ts";
import { temporaryFolder } from "../vector-store/temporary-folder.ts";

/** Two files of 100 sections each, every section one passage. */
async function writeGuides(folder: string): Promise<void> {
  for (const name of ["a.md", "b.md"]) {
    const sections = Array.from(
      { length: 100 },
      (_, i) => `## Section ${i}\n\n${name} says ${i}.\n`,
    );
    await writeFile(join(folder, name), sections.join("\n"));
  }
}

async function openStore(embeddings: HashEmbeddings, path: string) {
  const store = await openChroma(embeddings, { collectionName: "guides", path });
  onTestFinished(() => store.close());
  return store;
}

test("indexing twice embeds nothing the second time, and progress ends at the total", async () => {
  const [folder, path] = [await temporaryFolder(), await temporaryFolder()];
  await writeGuides(folder);
  const embeddings = new HashEmbeddings();
  const store = await openStore(embeddings, path);
  const progress: IndexProgress[] = [];
  const first = await indexFolder(folder, { store, onProgress: (each) => progress.push(each) });
  expect(first).toEqual({
    files: 2,
    passages: 200,
    added: 200,
    unchanged: 0,
    removed: 0,
    skipped: [],
    staying: [],
  });
  expect(progress[0]).toEqual({ done: 0, total: 200 });
  expect(progress.at(-1)).toEqual({ done: 200, total: 200 });
  expect(await indexFolder(folder, { store })).toMatchObject({ added: 0, unchanged: 200 });
  expect(embeddings.embedded).toHaveLength(200);
});

test("replaces what a changed file no longer says, and deletes vanished files only with prune", async () => {
  const [folder, path] = [await temporaryFolder(), await temporaryFolder()];
  await writeGuides(folder);
  const store = await openStore(new HashEmbeddings(), path);
  await indexFolder(folder, { store });
  await writeFile(
    join(folder, "a.md"),
    "## Section 0\n\na.md says 0.\n\n## New\n\nSomething new.\n",
  );
  await rm(join(folder, "b.md"));
  const changed = await indexFolder(folder, { store });
  expect(changed).toMatchObject({ passages: 2, added: 1, unchanged: 1, removed: 99 });
  expect(changed.staying).toEqual([{ source: "b.md", passages: 100, reason: "absent" }]);
  expect(await indexFolder(folder, { store, prune: true })).toMatchObject({
    added: 0,
    removed: 100,
  });
  expect((await store.storedPassages()).size).toBe(2);
});

test("keeps the passages of a file that cannot be read today", async () => {
  const [folder, path] = [await temporaryFolder(), await temporaryFolder()];
  await writeGuides(folder);
  const store = await openStore(new HashEmbeddings(), path);
  await indexFolder(folder, { store });
  await writeFile(join(folder, "b.md"), Buffer.from([0, 1, 2]));
  const report = await indexFolder(folder, { store, prune: true });
  expect(report).toMatchObject({
    removed: 0,
    skipped: [{ source: "b.md", reason: "binary" }],
    staying: [{ source: "b.md", passages: 100, reason: "binary" }],
  });
});

test("stores the text of files in any encoding, and nothing of an emptied one", async () => {
  const [folder, path] = [await temporaryFolder(), await temporaryFolder()];
  for (const name of ["price", "third", "old"]) {
    await writeFile(join(folder, `${name}.md`), `The ${name} costs 5 €.`);
  }
  const store = await openStore(new HashEmbeddings(), path);
  const lexical = new Bm25Retriever();
  await indexFolder(folder, { store, lexical });
  await writeFile(join(folder, "price.md"), " \n");
  await writeFile(join(folder, "third.md"), Buffer.from("\ufeffThe third costs 6 €.", "utf16le"));
  await writeFile(join(folder, "old.md"), Buffer.from("The old costs 7 \x80.", "latin1"));
  const report = await indexFolder(folder, { store, lexical });
  expect(report).toMatchObject({
    added: 1,
    removed: 2,
    skipped: [
      { source: "old.md", reason: "not-utf-8" },
      { source: "price.md", reason: "empty" },
    ],
    staying: [{ source: "old.md", passages: 1, reason: "not-utf-8" }],
  });
  const textsIn = async (): Promise<string[][]> => {
    const ids = [...(await store.storedPassages()).keys()];
    const dense = (await store.storedDocuments(ids)).map(({ pageContent }) => pageContent);
    const words = [...lexical.index.ids()].map((id) => lexical.index.get(id)?.text ?? "");
    return [dense.toSorted(), words.toSorted()];
  };
  const before = ["The old costs 5 €.", "The third costs 6 €."];
  expect(await textsIn()).toEqual([before, before]);
  await indexFolder(folder, { store, lexical, encoding: "windows-1252" });
  const after = ["The old costs 7 €.", "The third costs 6 €."];
  expect(await textsIn()).toEqual([after, after]);
});

test("forgets the only file of a folder when it is emptied", async () => {
  const [folder, path] = [await temporaryFolder(), await temporaryFolder()];
  await writeFile(join(folder, "a.md"), "Text.");
  const store = await openStore(new HashEmbeddings(), path);
  await indexFolder(folder, { store });
  await writeFile(join(folder, "a.md"), "");
  expect(await indexFolder(folder, { store })).toMatchObject({ files: 0, removed: 1 });
});

test("writes new metadata of a passage whose text and location are the same", async () => {
  const [folder, path] = [await temporaryFolder(), await temporaryFolder()];
  const store = await openStore(new HashEmbeddings(), path);
  const lexical = new Bm25Retriever();
  for (const title of ["One", "Two"]) {
    await writeFile(join(folder, "a.md"), `---\ntitle: ${title}\n---\n\nText.`);
    await indexFolder(folder, { store, lexical });
    const [[id = "", { title: stored } = {}] = []] = await store.storedPassages();
    expect([stored, lexical.index.get(id)?.metadata["title"]]).toEqual([title, title]);
  }
});

test("prunes what is behind links once they are no longer followed", async () => {
  const [folder, other, path] = await Promise.all([1, 2, 3].map(() => temporaryFolder()));
  if (!folder || !other || !path) throw new Error("three folders");
  await writeGuides(folder);
  await writeFile(join(other, "c.md"), "Outside.\n");
  await symlink(join(other, "c.md"), join(folder, "c.md"));
  const store = await openStore(new HashEmbeddings(), path);
  expect(await indexFolder(folder, { store, followSymlinks: true })).toMatchObject({
    files: 3,
    added: 201,
  });
  expect(await indexFolder(folder, { store, prune: true })).toMatchObject({
    removed: 1,
    skipped: [{ source: "c.md", reason: "symlink" }],
  });
});

test("a run that was interrupted is continued by the next one", async () => {
  const [folder, path] = [await temporaryFolder(), await temporaryFolder()];
  await writeGuides(folder);
  const controller = new AbortController();
  const reason = new Error("stop here");
  const store = await openStore(new HashEmbeddings(), path);
  const interrupted = indexFolder(folder, {
    store,
    signal: controller.signal,
    onProgress: ({ done }) => {
      if (done > 0) controller.abort(reason);
    },
  });
  await expect(interrupted).rejects.toBe(reason);
  const stored = (await store.storedPassages()).size;
  expect(stored).toBeGreaterThan(0);
  expect(stored).toBeLessThan(200);
  expect(await indexFolder(folder, { store })).toMatchObject({
    unchanged: stored,
    added: 200 - stored,
  });
});

test("writes new offsets if a text has moved, without embedding it again", async () => {
  const [folder, path] = [await temporaryFolder(), await temporaryFolder()];
  await writeFile(join(folder, "a.md"), "## One\n\nFirst.\n\n## Two\n\nSecond.\n");
  const embeddings = new HashEmbeddings();
  const store = await openStore(embeddings, path);
  await indexFolder(folder, { store });
  await writeFile(join(folder, "a.md"), "## One\n\nFirst, but longer.\n\n## Two\n\nSecond.\n");
  expect(await indexFolder(folder, { store })).toMatchObject({
    added: 1,
    unchanged: 1,
    removed: 1,
  });
  const offsets = [...(await store.storedPassages()).values()].map(({ start }) => start);
  expect(offsets.toSorted((a, b) => Number(a) - Number(b))).toEqual([0, 28]);
  expect(embeddings.embedded).toHaveLength(3);
});

test("keeps a lexical index in step with the store, also after a run that was cut off between them", async () => {
  const [folder, path] = [await temporaryFolder(), await temporaryFolder()];
  await writeGuides(folder);
  const store = await openStore(new HashEmbeddings(), path);
  const lexical = new Bm25Retriever();
  const idsAgree = async () =>
    expect(new Set(lexical.index.ids())).toEqual(new Set((await store.storedPassages()).keys()));
  await indexFolder(folder, { store, lexical });
  await idsAgree();
  await writeFile(
    join(folder, "a.md"),
    "## Section 0\n\na.md says 0.\n\n## New\n\nSomething new.\n",
  );
  await indexFolder(folder, { store });
  expect(lexical.index.size).toBe(200);
  expect(await indexFolder(folder, { store, lexical })).toMatchObject({ added: 0, removed: 0 });
  await idsAgree();
  expect((await lexical.invoke("something new"))[0]?.metadata["section"]).toBe("new");
});

test("fills a store that cannot list its content", async () => {
  const folder = await temporaryFolder();
  await writeGuides(folder);
  const store = new MemoryVectorStore(new HashEmbeddings());
  expect(await indexFolder(folder, { store })).toMatchObject({ passages: 200, added: 200 });
  expect(store.memoryVectors).toHaveLength(200);
});

test("refuses a folder with nothing to index, and says what was passed over", async () => {
  const folder = await temporaryFolder();
  await mkdir(join(folder, "inner"));
  await writeFile(join(folder, "inner/picture.png"), "\0");
  const store = new MemoryVectorStore(new HashEmbeddings());
  await expect(indexFolder(folder, { store })).rejects.toThrow(/found none \(1 other files\)/);
});

test("embeds metadata fields for a store of LangChain's, and stores the text alone", async () => {
  const [folder, path] = [await temporaryFolder(), await temporaryFolder()];
  await writeFile(join(folder, "a.md"), "# A\n\n## B\n\nText.\n\n## C\n\nMore.\n");
  const embeddings = new HashEmbeddings();
  const store = new MemoryVectorStore(embeddings);
  const passageFields = ["headingPath"];
  const lexical = new Bm25Retriever({ passageFields });
  await indexFolder(folder, { store, lexical, passageFields });
  expect(embeddings.embedded).toEqual(["# A\n\n## B\n\nText.", "A\n\n## C\n\nMore."]);
  const [best] = await store.similaritySearch("A\n\n## C\n\nMore.", 1);
  expect(best?.pageContent).toBe("## C\n\nMore.");

  await expect(
    indexFolder(folder, { store, lexical: new Bm25Retriever(), passageFields }),
  ).rejects.toThrow("Expected `passageFields` to be those of `lexical` ([])");
  await expect(
    indexFolder(folder, { store: await openStore(embeddings, path), passageFields }),
  ).rejects.toThrow("Expected `passageFields` to be those of the store ([])");
});

test("counts a passage that is embedded again, because a field changed, as added", async () => {
  const [folder, path] = [await temporaryFolder(), await temporaryFolder()];
  const write = (heading: string) =>
    writeFile(join(folder, "a.md"), `# ${heading}\n\n## One\n\nText.\n\n## Two\n\nMore.\n`);
  const embeddings = new HashEmbeddings();
  const passageFields = ["headingPath"];
  const store = await openChroma(embeddings, { collectionName: "fields", path, passageFields });
  onTestFinished(() => store.close());
  await write("A");
  await indexFolder(folder, { store });
  const before = embeddings.embedded.length;
  await write("B");
  const { added, unchanged, passages } = await indexFolder(folder, { store });
  expect(added).toBe(embeddings.embedded.length - before);
  expect([added, unchanged]).toEqual([passages, 0]);
});
