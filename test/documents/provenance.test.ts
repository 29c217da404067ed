import { Document } from "@langchain/core/documents";
import { describe, expect, test } from "vitest";
import { provenanceOf, withProvenance } from "../../src/documents/provenance.ts";

describe("withProvenance", () => {
  test("lets new facts replace those of earlier stages", () => {
    const found = withProvenance(new Document({ pageContent: "a", id: "1" }), {
      rank: 3,
      dense: { rank: 3, score: 0.5 },
    });
    const fused = withProvenance(found, { rank: 1, rankShift: 2, lexical: { rank: 1, score: 7 } });
    expect(fused.metadata["retrieval"]).toEqual({
      rank: 1,
      rankShift: 2,
      dense: { rank: 3, score: 0.5 },
      lexical: { rank: 1, score: 7 },
    });
  });

  test("keeps text, id and the other metadata, and adds to it what it is given", () => {
    const document = new Document({ pageContent: "a", id: "1", metadata: { source: "a.md" } });
    expect(withProvenance(document, { rank: 1 }, { relevanceScore: 0.9 })).toEqual(
      new Document({
        pageContent: "a",
        id: "1",
        metadata: { source: "a.md", relevanceScore: 0.9, retrieval: { rank: 1 } },
      }),
    );
  });

  test("gives no id to a document that had none", () => {
    const written = withProvenance(new Document({ pageContent: "a" }), { rank: 1 });
    expect("id" in written).toBe("id" in new Document({ pageContent: "a" }));
    expect(written.id).toBeUndefined();
  });

  test("keeps a document's own value of the same name, and only once", () => {
    const metadata = { source: "a.md", retrieval: "manual" };
    const written = withProvenance(new Document({ pageContent: "a", metadata }), { rank: 1 });
    expect(written.metadata).toEqual({
      source: "a.md",
      documentRetrieval: "manual",
      retrieval: { rank: 1 },
    });
    expect(withProvenance(written, { rank: 2 }).metadata).toEqual({
      ...written.metadata,
      retrieval: { rank: 2 },
    });
  });

  test("does not change the document that it was given, at any depth", () => {
    const dense = Object.freeze({ rank: 1, score: 0.5 });
    const retrieval = Object.freeze({ rank: 1, dense });
    const metadata = Object.freeze({ source: "a.md", retrieval });
    const document = Object.freeze({ pageContent: "a", metadata, id: "1" });
    const before = structuredClone(document);
    const written = withProvenance(document, { rank: 2, rankShift: -1 });
    expect(document).toEqual(before);
    expect(written.metadata["retrieval"]).not.toBe(retrieval);
    expect(provenanceOf(written)).toEqual({ rank: 2, rankShift: -1, dense });
  });
});

describe("provenanceOf", () => {
  test.each([undefined, null, "dense", 7])("is empty if the metadata hold %o", (retrieval) => {
    const document = new Document({ pageContent: "a", metadata: { retrieval } });
    expect(provenanceOf(document)).toEqual({});
  });
});
