import { expect, test } from "vitest";
import { foundDocuments } from "../../../src/evaluation/experiment/found-documents.ts";
import { found } from "./systems.ts";

const sectionOf = ({ id = "" }: { readonly id?: string }) => id.split("-")[0] ?? "";
const scored = (raw: number) => ({ scored: true, rank: 1, score: 0.5, raw, truncatedTokens: 7 });

test("returns each judged document once, at its best rank, with that passage's text and score", () => {
  const documents = [
    found("a-2", { rerank: scored(3) }),
    found("a-1", { rerank: scored(2) }),
    found("b-1"),
  ];
  expect(foundDocuments({ documents }, sectionOf)).toEqual([
    { id: "a", text: "text of a-2", rank: 1, firstRank: 1, rawScore: 3, truncatedTokens: 7 },
    {
      id: "b",
      text: "text of b-1",
      rank: 2,
      firstRank: 2,
      rawScore: undefined,
      truncatedTokens: 0,
    },
  ]);
});

test("counts first-stage ranks by judged documents if the candidates are known", () => {
  const candidates = [found("b-1"), found("b-2"), found("c-1"), found("a-1")];
  const documents = [found("a-1", { rank: 1, rankShift: 3 }), found("b-2")];
  const ranks = foundDocuments({ documents, candidates }, sectionOf);
  expect(ranks.map(({ id, firstRank }) => [id, firstRank])).toEqual([
    ["a", 3],
    ["b", 1],
  ]);
});

test("otherwise takes the best first-stage rank in the provenance of a document's passages", () => {
  const documents = [
    found("a-1", { rank: 1, rankShift: 8 }),
    found("a-2", { rank: 2, rankShift: 1 }),
    found("b-1", { rank: 3 }),
  ];
  const ranks = foundDocuments({ documents }, sectionOf);
  expect(ranks.map(({ firstRank }) => firstRank)).toEqual([3, 2]);
});

test("ignores scores of unscored passages", () => {
  const documents = [found("a", { rerank: { scored: false, reason: "deadline" } })];
  expect(foundDocuments({ documents }, sectionOf)[0]?.rawScore).toBeUndefined();
});

test("refuses an id that is not a string", () => {
  expect(() => foundDocuments({ documents: [found("a")] }, () => "")).toThrow(
    "Expected `idOf(document)` to be a non-empty string",
  );
});
