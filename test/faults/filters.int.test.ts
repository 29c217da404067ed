import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Document } from "@langchain/core/documents";
import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { CandidateSource } from "../../src/documents/candidate-source.ts";
import type { MetadataFilter } from "../../src/documents/metadata-filter.ts";
import { Bm25Retriever } from "../../src/lexical/bm25-retriever.ts";
import { CorpusSource } from "../../src/retrieval/corpus-source.ts";
import type { ChromaStore } from "../../src/vector-store/chroma-store.ts";
import { DenseRetriever } from "../../src/vector-store/dense-retriever.ts";
import { openChroma } from "../../src/vector-store/open-chroma.ts";
import { anyFilter, anyMetadata, wrongFilters } from "../documents/generated-filters.ts";
import { naivelySelects } from "../documents/naive-filter.ts";
import { HashEmbeddings } from "../vector-store/hash-embeddings.ts";

/** How many random filters to try, and from which seed: `FILTERS=10000 FILTER_SEED=7 npx vitest run …`. */
const count = Number(process.env["FILTERS"] ?? 500);
const seed = Number(process.env["FILTER_SEED"] ?? Date.now() % 2 ** 31);

const documents = fc
  .sample(anyMetadata, { numRuns: 150, seed })
  .map(
    (metadata, place) => new Document({ id: `d${place}`, pageContent: `river ${place}`, metadata }),
  );
const k = documents.length;

let folder: string;
let store: ChromaStore;
let sources: Readonly<Record<string, CandidateSource>>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "filters-"));
  store = await openChroma(new HashEmbeddings(), { collectionName: "filters", path: folder });
  await store.addDocuments(documents);
  sources = {
    dense: new DenseRetriever({ store }),
    bm25: await Bm25Retriever.fromDocuments(documents),
    corpus: new CorpusSource(documents),
  };
});
afterAll(async () => {
  await store.close();
  await rm(folder, { recursive: true, force: true });
});

async function idsFrom(source: CandidateSource, filter: MetadataFilter): Promise<string[]> {
  const found = await source.candidates("river", { k, filter });
  return found.map(({ id = "" }) => id).toSorted();
}

async function requireAgreement(filter: MetadataFilter): Promise<void> {
  const expected = documents
    .filter(({ metadata }) => naivelySelects(filter, metadata))
    .map(({ id = "" }) => id)
    .toSorted();
  for (const [name, source] of Object.entries(sources)) {
    const found = await idsFrom(source, filter);
    expect(found, `${name}: ${JSON.stringify(filter)}`).toEqual(expected);
  }
}

describe(`filters from seed ${seed}`, () => {
  test(
    `every stage finds what each of ${count} random filters selects, and nothing else`,
    async () => {
      const filters = fc.sample(anyFilter, { numRuns: count, seed });
      for (let start = 0; start < count; start += 8) {
        await Promise.all(filters.slice(start, start + 8).map(requireAgreement));
      }
    },
    60_000 + count * 100,
  );

  test(`every stage refuses each of ${wrongFilters.length} wrong filters in the same words`, async () => {
    expect(wrongFilters.length).toBeGreaterThanOrEqual(200);
    for (const [name, wrong] of wrongFilters) {
      const errors = await Promise.all(
        Object.values(sources).map((source) =>
          // @ts-expect-error -- what a caller in plain JavaScript can do
          source.candidates("river", { k, filter: wrong }).then(
            () => "found documents",
            (error: unknown) => error,
          ),
        ),
      );
      expect(errors, name).toEqual(
        errors.map(() => expect.objectContaining({ code: "invalid-input" })),
      );
      expect(new Set(errors.map(String)).size, name).toBe(1);
    }
  });
});
