import { expect, test } from "vitest";
import { hasProblem, note, ok, problem, runChecks } from "../../../src/cli/doctor/finding.ts";
import { findingsTable } from "../../../src/cli/doctor/print-findings.ts";
import { checkArithmetic } from "../../../src/cli/doctor/machine.ts";
import { checkCollections } from "../../../src/cli/doctor/store.ts";

test("a check that fails is a problem with its error, and the next ones go on", async () => {
  const findings = await runChecks([
    { what: "first", run: () => Promise.reject(new Error("Do this.")) },
    { what: "second", run: async () => [ok("second", "fine")] },
  ]);
  expect(findings).toEqual([
    problem("first", "could not be checked", "Do this."),
    ok("second", "fine"),
  ]);
});

test("notes are not problems", () => {
  expect(hasProblem([ok("a", ""), note("b", "")])).toBe(false);
  expect(hasProblem([ok("a", ""), problem("b", "", "")])).toBe(true);
});

test("each finding has a line, and the way out of a problem follows, escape sequences made visible", () => {
  const text = findingsTable([ok("a", "fine"), problem("b", "\u001B[2Jbad", "Fix it.")]).toString();
  expect(text).toMatch(/ok +a +fine/);
  expect(text).toMatch(/problem +b .*bad/);
  expect(text).toMatch(/\n\nproblem b: Fix it\.$/);
  expect(text).not.toContain("\u001B[2J");
});

test("an L2 collection is a problem by its name, a cosine one is not", () => {
  const facts = { version: "1.0.0", collections: [{ name: "good", space: "cosine" }] };
  expect(hasProblem(checkCollections("here", facts))).toBe(false);
  const bad = { ...facts, collections: [...facts.collections, { name: "old", space: "l2" }] };
  expect(checkCollections("here", bad).at(-1)).toMatchObject({
    verdict: "problem",
    what: "collection old",
    here: 'expected "cosine" distance, got "l2", in here',
  });
});

test("int8 sums that saturate for good are a problem, widened ones are not", () => {
  expect(checkArithmetic("saturating", undefined).verdict).toBe("problem");
  expect(checkArithmetic("exact-if-widened", 2).verdict).toBe("ok");
  expect(checkArithmetic("exact", undefined).verdict).toBe("ok");
});
