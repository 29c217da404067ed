import { mkdir, readdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Document } from "@langchain/core/documents";
import { expect, test } from "vitest";
import { LexicalFile } from "../../src/cli/lexical-file.ts";
import { Bm25Retriever } from "../../src/lexical/bm25-retriever.ts";
import { temporaryFolder } from "../vector-store/temporary-folder.ts";

const { signal } = new AbortController();
const document = (id: string): Document => new Document({ id, pageContent: `text ${id}` });
const adding = (id: string) => async (retriever: Bm25Retriever) => {
  await retriever.addDocuments([document(id)]);
};
const idsOf = async (path: string): Promise<string[]> =>
  [...(await Bm25Retriever.load(path)).index.ids()].toSorted();

test("keeps what each of many writers adds at the same time", async () => {
  const path = join(await temporaryFolder(), "own/x.bm25");
  const ids = ["a", "b", "c", "d"];
  await Promise.all(ids.map((id) => new LexicalFile(path).update(adding(id), signal)));
  expect(await idsOf(path)).toEqual(ids);
  expect(await readdir(join(path, ".."))).toEqual(["x.bm25"]);
});

test("does not overwrite a file that any other process has changed meanwhile", async () => {
  const path = join(await temporaryFolder(), "x.bm25");
  await new LexicalFile(path).update(adding("a"), signal);
  const late = new LexicalFile(path).update(async (retriever) => {
    await retriever.addDocuments([document("late")]);
    await (await Bm25Retriever.fromDocuments([document("a"), document("b")])).save(path);
  }, signal);
  await expect(late).rejects.toMatchObject({ code: "lock-lost" });
  expect(await idsOf(path)).toEqual(["a", "b"]);
});

test("leaves the file unchanged if the change fails or is aborted", async () => {
  const path = join(await temporaryFolder(), "x.bm25");
  const file = new LexicalFile(path);
  await file.update(adding("a"), signal);
  const controller = new AbortController();
  const stopped = file.update(async (retriever, each) => {
    await retriever.addDocuments([document("b")]);
    controller.abort(new Error("enough"));
    each.throwIfAborted();
  }, controller.signal);
  await expect(stopped).rejects.toThrow("enough");
  expect(await idsOf(path)).toEqual(["a"]);
});

test("can be read while it is being changed, as it was before", async () => {
  const path = join(await temporaryFolder(), "x.bm25");
  await new LexicalFile(path).update(adding("a"), signal);
  await new LexicalFile(path).update(async (retriever) => {
    await retriever.addDocuments([document("b")]);
    expect((await new LexicalFile(path).openToRead()).index.size).toBe(1);
  }, signal);
  expect((await new LexicalFile(path).openToRead()).index.size).toBe(2);
});

test("is rebuilt if it is damaged, but not if a folder has its name", async () => {
  const folder = await temporaryFolder();
  const path = join(folder, "x.bm25");
  await writeFile(path, "no index");
  await new LexicalFile(path).update(adding("a"), signal);
  expect(await idsOf(path)).toEqual(["a"]);
  await mkdir(join(folder, "y.bm25"));
  const update = new LexicalFile(join(folder, "y.bm25")).update(adding("a"), signal);
  await expect(update).rejects.toMatchObject({ code: "invalid-input" });
});

test.skipIf(process.platform === "win32")(
  "is readable by its owner only, and so is its folder",
  async () => {
    const path = join(await temporaryFolder(), "own/deep/x.bm25");
    await new LexicalFile(path).update(adding("a"), signal);
    const modes = [path, join(path, ".."), join(path, "../..")].map(async (each) =>
      ((await stat(each)).mode & 0o777).toString(8),
    );
    expect(await Promise.all(modes)).toEqual(["600", "700", "700"]);
  },
);
