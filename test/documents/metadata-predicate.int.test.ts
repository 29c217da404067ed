import { ChromaClient } from "chromadb";
import { expect, onTestFinished, test } from "vitest";
import type { MetadataFilter } from "../../src/documents/metadata-filter.ts";
import { metadataPredicate } from "../../src/documents/metadata-predicate.ts";
import { toWhere } from "../../src/vector-store/chroma-where.ts";
import { joinChromaServer } from "../../src/vector-store/chroma-server.ts";
import { temporaryFolder } from "../vector-store/temporary-folder.ts";

const documents: Readonly<Record<string, Readonly<Record<string, string | number | boolean>>>> = {
  none: { other: 1 },
  zero: { a: 0 },
  one: { a: 1 },
  two: { a: 2 },
  half: { a: 1.5 },
  text: { a: "1" },
  yes: { a: true },
  no: { a: false },
};

const filters: readonly MetadataFilter[] = [
  ...[0, 1, 2, "1", true, false].flatMap((a) => [
    { a },
    { a: { $ne: a } },
    { missing: { $ne: a } },
  ]),
  ...[0, 1, 2].flatMap((a) => [
    { a: { $gt: a } },
    { a: { $gte: a } },
    { a: { $lt: a } },
    { a: { $lte: a } },
    { missing: { $lt: a } },
  ]),
  { a: { $in: [1, 2] } },
  { a: { $in: [1, "1", true] } },
  { a: { $nin: [1, "1", true] } },
  { missing: { $nin: [1] } },
  { $or: [{ a: { $gt: 1 } }, { other: 1 }] },
  { $and: [{ a: { $ne: 1 } }, { other: { $ne: 1 } }] },
];

test("passes what a Chroma server passes", async () => {
  const connection = await joinChromaServer(await temporaryFolder());
  onTestFinished(() => connection.close());
  const client = new ChromaClient({
    host: "127.0.0.1",
    port: Number(new URL(connection.url).port),
  });
  const collection = await client.createCollection({ name: "fields", embeddingFunction: null });
  const ids = Object.keys(documents);
  await collection.add({
    ids,
    embeddings: ids.map(() => [1, 0]),
    metadatas: Object.values(documents),
  });
  for (const filter of filters) {
    const where = toWhere(filter);
    const found = await collection.get(where ? { where } : {});
    const passing = ids.filter((id) => metadataPredicate(filter)(documents[id] ?? {}));
    expect(found.ids.toSorted(), JSON.stringify(filter)).toEqual(passing.toSorted());
  }
});
