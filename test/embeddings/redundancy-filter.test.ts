import { Document } from "@langchain/core/documents";
import { Embeddings } from "@langchain/core/embeddings";
import { describe, expect, test } from "vitest";
import { withProvenance } from "../../src/documents/provenance.ts";
import {
  RedundancyFilter,
  type RedundancyFilterOptions,
} from "../../src/embeddings/redundancy-filter.ts";
import { deepFreeze } from "../deep-freeze.ts";

/** A text is its vector: "3 4" points to (3, 4), at any length. */
class SpelledEmbeddings extends Embeddings {
  readonly queries: string[] = [];

  constructor() {
    super({});
  }

  override async embedDocuments(texts: string[]): Promise<number[][]> {
    return texts.map((text) => text.split(" ").map(Number));
  }

  override async embedQuery(text: string): Promise<number[]> {
    this.queries.push(text);
    return text.split(" ").map(Number);
  }
}

interface Given {
  readonly text: string;
  readonly score?: number;
}
const documentsOf = (...given: readonly Given[]): Document[] =>
  given.map(({ text, score }) => {
    const metadata = score === undefined ? {} : { relevanceScore: score };
    return deepFreeze(new Document({ pageContent: text, id: text, metadata }));
  });
const filterOf = (options: Partial<RedundancyFilterOptions> = {}): RedundancyFilter =>
  new RedundancyFilter({ embeddings: new SpelledEmbeddings(), ...options });
const idsOf = (documents: readonly Document[]) => documents.map(({ id }) => id);

describe("RedundancyFilter", () => {
  const scored = documentsOf(
    { text: "1 0", score: 0.9 },
    { text: "5 0", score: 0.8 },
    { text: "0 2", score: 0.5 },
    { text: "0 0", score: 0.1 },
  );

  test("leaves out what repeats a better document", async () => {
    expect(idsOf(await filterOf({ topN: 2 }).compress("1 1", scored))).toEqual(["1 0", "0 2"]);
    expect(idsOf(await filterOf({ topN: 2, lambda: 1 }).compress("1 1", scored))).toEqual([
      "1 0",
      "5 0",
    ]);
    expect(idsOf(await filterOf().compress("1 1", scored))).toEqual(["1 0", "0 2", "0 0", "5 0"]);
  });

  test("uses relevanceScore if all documents have one, or else the cosine to the query", async () => {
    const embeddings = new SpelledEmbeddings();
    const filter = filterOf({ embeddings, topN: 1 });
    expect(idsOf(await filter.compress("0 1", scored))).toEqual(["1 0"]);
    expect(embeddings.queries).toEqual([]);
    const [first, ...rest] = scored;
    const mixed = [...(first ? [first] : []), ...documentsOf({ text: "0 0.1" }), ...rest];
    expect(idsOf(await filter.compress("0 1", mixed))).toEqual(["0 0.1"]);
    expect(embeddings.queries).toEqual(["0 1"]);
    const broken = documentsOf({ text: "1 0", score: Number.NaN }, { text: "0 1", score: 0 });
    expect(idsOf(await filter.compress("0 1", broken))).toEqual(["0 1"]);
  });

  test("writes the new ranks, and keeps the rest of the documents", async () => {
    const given = scored.map((document, index) =>
      withProvenance(document, { rank: index + 1, rankShift: 2 - index }, { source: "a.md" }),
    );
    const kept = await filterOf({ topN: 2 }).compress("1 1", given);
    expect(kept.map(({ metadata }) => metadata)).toEqual([
      { relevanceScore: 0.9, source: "a.md", retrieval: { rank: 1, rankShift: 2 } },
      { relevanceScore: 0.5, source: "a.md", retrieval: { rank: 2, rankShift: 1 } },
    ]);
    const [, second] = await filterOf({ topN: 2 }).compress("1 1", scored);
    expect(second?.metadata["retrieval"]).toEqual({ rank: 2, rankShift: 1 });
  });

  test("returns nothing for nothing, and embeds nothing", async () => {
    const embeddings = new SpelledEmbeddings();
    expect(await filterOf({ embeddings }).compress("1 1", [])).toEqual([]);
    expect(embeddings.queries).toEqual([]);
  });

  test("rejects at once when it is aborted", async () => {
    const embeddings = new SpelledEmbeddings();
    embeddings.embedDocuments = () => new Promise(() => undefined);
    const controller = new AbortController();
    const { signal } = controller;
    const waiting = filterOf({ embeddings }).compress("1 1", scored, { signal });
    controller.abort("enough");
    await expect(waiting).rejects.toBe("enough");
  });

  test("refuses what it cannot use", async () => {
    expect(() => filterOf({ lambda: 1.5 })).toThrow("`lambda` to be a number from 0 to 1");
    expect(() => filterOf({ topN: 0 })).toThrow("`topN`");
    await expect(filterOf().compress("", scored)).rejects.toMatchObject({ code: "invalid-input" });
    const uneven = documentsOf({ text: "1 0" }, { text: "1 0 0" });
    await expect(filterOf().compress("1 0", uneven)).rejects.toThrow(
      "Expected 3 vectors of the same width from the embeddings, got 3 of 2 and 3.",
    );
    await expect(filterOf().compress("1", documentsOf({ text: "1 0" }))).rejects.toThrow("2 and 1");
  });
});
