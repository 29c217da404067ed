import { expect, test } from "vitest";
import { baselineOf } from "../../../src/evaluation/baseline/baseline.ts";
import { baselineSummary } from "../../../src/evaluation/baseline/baseline-summary.ts";
import { compareToBaseline } from "../../../src/evaluation/baseline/compare-to-baseline.ts";
import { resultOf } from "./results.ts";

const full = Array.from({ length: 20 }, () => 1);
const fallen = full.map((value, index) => (index < 8 ? 0 : value));
const measures = ["nDCG@10", "R@5"];
const hostile = "Which | river\n# <img src=x onerror=alert(1)> [a](http://b)?";

function summaryOf(after: readonly number[], textOf = (id: string) => `Question ${id}?`): string {
  const before = resultOf({ systems: { dense: full, rerank: full }, measures, textOf });
  const now = resultOf({ systems: { dense: full, rerank: after, new: full }, measures, textOf });
  const baseline = baselineOf(before, { settings: { model: "small" } });
  return baselineSummary(compareToBaseline(baseline, now, { settings: { model: "large" } }));
}

test("says what became worse, by how much, and on which questions", () => {
  const summary = summaryOf(fallen);
  expect(summary).toMatch(/^## Retrieval quality: worse than the baseline\n\n\*\*Worse than the /);
  expect(summary).toMatch(
    /^\| rerank \(worse\) \| 1\.000 \| 0\.600 \| −0\.400 \| .* \| 0 \/ 12 \/ 8 \|/m,
  );
  expect(summary).toMatch(/^\| rerank \| R@5 \| 1\.000 \| 0\.600 \| −0\.400 \|$/m);
  expect(summary).toMatch(/^\| rerank \| 100 ms \| 100 ms \| 0 % \|$/m);
  expect(summary).toMatch(/^\| model \| small \| large \|$/m);
  expect(summary).toContain("**rerank: 5 of 8 questions whose nDCG@10 fell**");
  expect(summary).toMatch(/^\| Question q0\? \| q0 \| 1\.000 \| 0\.000 \| 1 \| not found \|$/m);
  expect(summary).toMatch(/^- rerank: .*detect a drop of 0\.\d+ with a probability of 80 %/m);
  expect(summary).toContain("Not in the baseline, so not compared: new.");
});

test("says that nothing fell, and what drop would have been detected", () => {
  const summary = summaryOf(full);
  expect(summary).toMatch(/^## Retrieval quality: no significant drop\n/);
  expect(summary).toContain("- rerank: no value changed.");
  expect(summary).not.toContain("questions whose");
});

test("shows texts of questions as text", () => {
  const summary = summaryOf(fallen, (id) => `${hostile} ${id}`);
  expect(summary).toContain("Which \\| river # &lt;img src=x");
  expect(summary).not.toMatch(/<img|[^\\]\]\(|http:\/\//);
});
