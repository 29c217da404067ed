import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { Bm25Index } from "../../src/lexical/bm25-index.ts";
import type { Bm25VariantName } from "../../src/lexical/bm25-variants.ts";
import { deepFreeze } from "../deep-freeze.ts";
import { generateTexts, mulberry32 } from "./generated-texts.ts";
import { whitespace } from "./whitespace-analyzer.ts";

/** Made by `make_bm25_golden.py` with bm25s; versions and command are in the file. */
const golden: {
  seed: number;
  documents: number;
  queries: number;
  first_query: string;
  runs: {
    variant: Bm25VariantName;
    k1: number;
    b: number;
    delta: number;
    results: [place: number, score: number][][];
  }[];
} = JSON.parse(
  readFileSync(join(import.meta.dirname, "../fixtures/golden/bm25.json"), { encoding: "utf8" }),
);

const draw = mulberry32(golden.seed);
const documents = deepFreeze(
  generateTexts(golden.documents, { draw, least: 3, most: 120 }).map((text, place) => ({
    id: `${place}`,
    text,
  })),
);
const queries = generateTexts(golden.queries, { draw, least: 2, most: 30 });

test("the documents are those that bm25s was given", () => {
  expect(queries[0]).toBe(golden.first_query);
});

describe.each(golden.runs)("$variant, k1 $k1, b $b, delta $delta", ({ results, ...parameters }) => {
  test("gives the documents and scores of bm25s", async () => {
    const index = new Bm25Index({ ...parameters, analyzer: whitespace });
    await index.add(documents);
    for (const [place, query] of queries.entries()) {
      const expected = results[place] ?? [];
      const hits = index.search(query, expected.length);
      expect(hits.map(({ id }) => Number(id))).toEqual(expected.map(([id]) => id));
      for (const [rank, { score }] of hits.entries()) {
        expect(Math.abs(score - (expected[rank]?.[1] ?? Number.NaN))).toBeLessThan(1e-6);
      }
    }
  });
});
