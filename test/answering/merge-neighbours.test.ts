import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Document } from "@langchain/core/documents";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { splitPassages } from "../../src/documents/split-passages.ts";
import { mergeNeighbours } from "../../src/answering/merge-neighbours.ts";
import { deepFreeze } from "../deep-freeze.ts";

const guide = readFileSync(
  join(import.meta.dirname, "../../sample_documents/lora_finetuning_guide.md"),
  "utf8",
);
const source = "lora_finetuning_guide.md";
const split = deepFreeze(
  await splitPassages([new Document({ pageContent: guide, metadata: { source } })], {
    chunkSize: 200,
    chunkOverlap: 60,
  }),
);

/** Parts of long code and long tables, which repeat their fence or their column names. */
const framed = new Set(
  split
    .filter(
      ({ pageContent, metadata }) => pageContent.length !== metadata["end"] - metadata["start"],
    )
    .map(({ id = "" }) => id),
);

const found = (documents: readonly Document[]) =>
  documents.map((document, index) => ({ document, index }));

function placed(
  text: string,
  { start, from = "a.md", id }: { start: number; from?: string; id: string },
) {
  const metadata = { source: from, start, end: start + text.length, section: `s${start}` };
  return new Document({ id, pageContent: text, metadata });
}

describe("mergeNeighbours", () => {
  test("merges overlapping documents into one passage, with the shared text once, under the best document", () => {
    const documents = deepFreeze([
      placed("cold water and ice", { start: 21, id: "late" }),
      placed("in the lake there is cold water", { start: 0, id: "early" }),
    ]);
    const [merged, ...others] = mergeNeighbours([
      { document: documents[0] ?? new Document({ pageContent: "" }), index: 3 },
      { document: documents[1] ?? new Document({ pageContent: "" }), index: 5 },
    ]);
    expect(others).toEqual([]);
    expect(merged).toMatchObject({
      document: { id: "late", pageContent: "in the lake there is cold water and ice" },
      documentIds: ["early", "late"],
      index: 3,
    });
    expect(merged?.document.metadata).toEqual({ source: "a.md", start: 0, end: 39, section: "s0" });
  });

  test("joins what splitting trimmed apart by a line end of the same length", () => {
    const documents = [
      placed("One.", { start: 0, id: "a" }),
      placed("Two.", { start: 6, id: "b" }),
    ];
    expect(mergeNeighbours(found(documents))[0]?.document.pageContent).toBe("One.\n\nTwo.");
  });

  test.each([
    ["lie further apart", placed("Two.", { start: 9, id: "b" })],
    ["have other sources", placed("Two.", { start: 6, id: "b", from: "b.md" })],
    ["do not agree where they overlap", placed("ne, two", { start: 2, id: "b" })],
    [
      "have offsets that do not match the text",
      new Document({
        id: "b",
        pageContent: "Two.",
        metadata: { source: "a.md", start: 6, end: 99 },
      }),
    ],
    [
      "have no offsets",
      new Document({ id: "b", pageContent: "Two.", metadata: { source: "a.md" } }),
    ],
  ])("leaves documents alone that %s", (_why, other) => {
    const merged = mergeNeighbours(found([placed("One.", { start: 0, id: "a" }), other]));
    expect(merged.map(({ documentIds }) => documentIds)).toEqual([["a"], ["b"]]);
  });

  test("keeps a passage that is contained in another one once", () => {
    const documents = [
      placed("all of it", { start: 0, id: "a" }),
      placed("of", { start: 4, id: "b" }),
    ];
    const [merged] = mergeNeighbours(found(documents));
    expect(merged).toMatchObject({
      document: { pageContent: "all of it" },
      documentIds: ["a", "b"],
    });
  });

  test("gives, for any of a guide's passages in any order, texts of the guide that do not overlap", () => {
    fc.assert(
      fc.property(fc.shuffledSubarray([...split], { minLength: 1, maxLength: 25 }), (documents) => {
        const passages = mergeNeighbours(found(documents));
        expect(passages.map(({ index }) => index)).toEqual(
          passages.map(({ index }) => index).toSorted((a, b) => a - b),
        );
        const ids = passages.flatMap(({ documentIds }) => documentIds);
        expect(ids).toHaveLength(documents.length);
        expect(new Set(ids)).toEqual(new Set(documents.map(({ id }) => id)));
        const offsets = passages.map(({ document: { pageContent, metadata }, documentIds }) => {
          const text = guide.slice(metadata["start"], metadata["end"]);
          const isFramed = documentIds.some((id) => framed.has(id));
          expect(isFramed && documentIds.length > 1).toBe(false);
          expect(isFramed || pageContent.length === text.length).toBe(true);
          expect(pageContent.replaceAll(/\s/g, "")).toContain(text.replaceAll(/\s|```$/g, ""));
          return [metadata["start"], metadata["end"]] as const;
        });
        const inOrder = offsets.toSorted(([a], [b]) => a - b);
        for (const [index, [start]] of inOrder.slice(1).entries()) {
          expect(start).toBeGreaterThan(inOrder[index]?.[1]);
        }
      }),
      { numRuns: 300 },
    );
  });

  test("makes one passage of all of a guide's, but for parts of its code and its tables", () => {
    const inOrder = mergeNeighbours(found(split)).toSorted(
      (a, b) => a.document.metadata["start"] - b.document.metadata["start"],
    );
    const isFramed = inOrder.map(({ documentIds: [id = ""] }) => framed.has(id));
    expect(isFramed.filter(Boolean)).toHaveLength(framed.size);
    // Between two of these there is one passage at most.
    expect(isFramed.some((each, index) => !each && isFramed[index + 1] === false)).toBe(false);
  });
});
