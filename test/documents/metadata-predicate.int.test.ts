import { ChromaClient } from "chromadb";
import { expect, onTestFinished, test } from "vitest";
import type { MetadataFilter } from "../../src/documents/metadata-filter.ts";
import { metadataPredicate } from "../../src/documents/metadata-predicate.ts";
import { parseFilter } from "../../src/documents/parse-filter.ts";
import { toWhere } from "../../src/vector-store/chroma-where.ts";
import { joinChromaServer } from "../../src/vector-store/chroma-server.ts";
import { temporaryFolder } from "../vector-store/temporary-folder.ts";

const documents: Readonly<Record<string, Readonly<Record<string, string | number | boolean>>>> = {
  none: { other: 1 },
  zero: { a: 0 },
  one: { a: 1 },
  two: { a: 2 },
  half: { a: 1.5 },
  minusOne: { a: -1 },
  minusHalf: { a: -0.5 },
  minusMore: { a: -1.5 },
  largest: { a: 2 ** 53 },
  larger: { a: 2 ** 53 + 2 },
  huge: { a: 1e300 },
  text: { a: "1" },
  yes: { a: true },
  no: { a: false },
};

const fractions = [-2.5, -1.5, -0.5, 1e-10, 0.1, 0.1 + 0.2, 0.5, 1.5, 2.5];

/** As many levels as a filter may have, in the form that makes the deepest `where`. */
const deepest = (levels: number): MetadataFilter =>
  levels === 0
    ? { a: { $in: [1, "x", 0.5], $ne: 2.5 } }
    : { $or: [{ $and: [deepest(levels - 2), { a: { $ne: "y" } }] }, { a: "no such value" }] };

const filters: readonly MetadataFilter[] = [
  ...[0, 1, 2, -1, ...fractions, 2 ** 53, 2 ** 60, "1", true, false].flatMap((a) => [
    { a },
    { a: { $ne: a } },
    { missing: { $ne: a } },
  ]),
  ...[0, 1, 2, -1, ...fractions, 2 ** 53, 2 ** 60].flatMap((a) => [
    { a: { $gt: a } },
    { a: { $gte: a } },
    { a: { $lt: a } },
    { a: { $lte: a } },
    { missing: { $lt: a } },
  ]),
  { a: { $in: [1, 2] } },
  { a: { $in: fractions } },
  { a: { $nin: fractions } },
  { a: { $nin: [0.5, 1, -1.5] } },
  { a: { $in: [1, "1", true] } },
  { a: { $nin: [1, "1", true] } },
  { missing: { $nin: [1] } },
  deepest(32),
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
    const tree = parseFilter(filter);
    if (!tree) throw new Error("a filter that lets everything through");
    const found = await collection.get({ where: toWhere(tree) });
    const passing = ids.filter((id) => metadataPredicate(tree)(documents[id] ?? {}));
    expect(found.ids.toSorted(), JSON.stringify(filter)).toEqual(passing.toSorted());
  }
});
