import { Document } from "@langchain/core/documents";
import { expect, test } from "vitest";
import { unknownJudgedIds } from "../../src/cli/judged-collection.ts";
import { sectionOf } from "../../src/documents/identity.ts";

const passages = ["bodylimit", "logger", "hooks"].map(
  (section) => new Document({ pageContent: section, metadata: { source: "Server.md", section } }),
);
const noticeFor = (grades: Record<string, number>): string | undefined => {
  const judgements = new Map([["q", new Map(Object.entries(grades))]]);
  return unknownJudgedIds({ passages, judgements, idOf: sectionOf });
};

test("names judged sections that do not exist, and the nearest that do", () => {
  expect(
    noticeFor({
      "Server.md#body-limit": 1,
      "Sever.md#hooks": 2,
      "Server.md#logger": 1,
      "x.md#y": 0,
    }),
  ).toBe(
    "2 of 3 relevant ids in the judgements match no passage: Server.md#body-limit (did you mean Server.md#bodylimit?), Sever.md#hooks (did you mean Server.md#hooks?). They count as missed. Run `npx langchain-rerank index <folder> --sections` to list the names of sections.",
  );
});

test("names five at most, and says nothing if all are found", () => {
  const many = Array.from({ length: 8 }, (_, index) => [`unlike-${index}`, 1] as const);
  expect(noticeFor(Object.fromEntries(many))).toMatch(/^8 of 8 .*unlike-4, and 3 more\./);
  expect(noticeFor({ "Server.md#logger": 1, "not-relevant": 0 })).toBeUndefined();
});
