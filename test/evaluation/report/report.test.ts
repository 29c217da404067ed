import { parseHTML } from "linkedom";
import { beforeAll, describe, expect, test } from "vitest";
import { compareMeasure } from "../../../src/evaluation/comparison/compare-measure.ts";
import { diagnose } from "../../../src/evaluation/diagnosis/diagnose.ts";
import { renderReport } from "../../../src/evaluation/report/render-report.ts";
import type { ReportFormat } from "../../../src/evaluation/report/report-format.ts";
import type { ReportInput } from "../../../src/evaluation/report/report-input.ts";
import { deepFreeze } from "../../deep-freeze.ts";
import { plantedExperiment } from "../planted-experiment.ts";
import { plantedSweep } from "../planted-sweep.ts";
import { hostileReport, hostileTexts } from "./hostile-report.ts";

const formats = ["html", "markdown", "json"] as const satisfies readonly ReportFormat[];
const places = [
  [3, 1],
  [2, 1],
  [1, 1],
  [7, undefined],
  [4, 2],
  [1, 2],
  [undefined, 5],
  [2, 1],
] as const;
const experiment = plantedExperiment({
  places,
  truncatedTokens: (place) => (place === 9 ? 12 : 0),
});
const sweep = plantedSweep({
  points: [
    [0, 0.5, 5],
    [20, 0.71, 30],
    [50, 0.72, 70],
    [100, 0.7, 140],
  ],
});
const input: ReportInput = deepFreeze({
  experiment,
  sweep,
  findings: diagnose(experiment, { baseline: "dense", challenger: "reranked", sweep }),
  title: "Planted figures",
  command: "make it again",
  machine: "a small one, 2 cores",
  resamples: 500,
});

function missing(): never {
  throw new Error("An evaluation is missing.");
}

describe("renderReport", () => {
  test.each(formats)(
    "writes the same %s for the same input, and leaves it as it was",
    async (format) => {
      expect(await renderReport(input, format)).toBe(await renderReport(input, format));
    },
  );

  test("sets no global document, and needs none", async () => {
    await renderReport(input, "html");
    expect(Reflect.has(globalThis, "document")).toBe(false);
  });

  test("says in its verdict which system is better, by how much, and on what evidence", async () => {
    const better = plantedExperiment({ places: Array.from({ length: 30 }, () => [3, 1] as const) });
    const text = await renderReport({ experiment: better }, "markdown");
    expect(text).toContain("reranked is better than dense: nDCG@10");
    expect(text).toContain(
      "rises from 0.500 to 1.000 (+100 %), 95 % confidence interval +0.500 to +0.500; p &lt; 0.001, 30 questions.",
    );
    const worse = plantedExperiment({ places: Array.from({ length: 30 }, () => [1, 3] as const) });
    expect(await renderReport({ experiment: worse }, "markdown")).toContain(
      "reranked is worse than dense",
    );
    expect(await renderReport(input, "markdown")).toContain(
      "No significant difference between reranked and dense",
    );
  });

  test("tests the deciding measure of the named pair by itself, and corrects what is exploratory", async () => {
    const placesOfEach = Array.from({ length: 40 }, (_, index) => [3, 1 + (index % 6)] as const);
    const planted = plantedExperiment({ places: placesOfEach });
    const [dense, reranked] = planted.systems;
    if (!dense || !reranked) throw new Error("There are two systems.");
    // A third system and a second measure: four comparisons, all with the same p value.
    const twice = (system: typeof dense, name = system.name): typeof dense => ({
      ...system,
      name,
      evaluations: system.evaluations.flatMap((each) => [each, { ...each, name: "RR@10" }]),
    });
    const measured = {
      ...planted,
      measures: ["nDCG@10", "RR@10"],
      systems: [twice(dense), twice(reranked), twice(reranked, "again")],
    };
    const { pValue } = compareMeasure(
      dense.evaluations[0] ?? missing(),
      reranked.evaluations[0] ?? missing(),
    );
    expect(pValue).toBeGreaterThan(0.001);
    expect(pValue).toBeLessThan(0.2);
    const adjusted = async (more: Partial<ReportInput>): Promise<unknown[]> => {
      const data = JSON.parse(await renderReport({ experiment: measured, ...more }, "json"));
      return data.systems
        .slice(1)
        .flatMap((system: { measures: { comparison: { adjustedPValue: number } }[] }) =>
          system.measures.map(({ comparison }) => Number(comparison.adjustedPValue.toFixed(10))),
        );
    };
    const times = (factor: number): number => Number((factor * pValue).toFixed(10));
    const named = { baseline: "dense", challenger: "reranked" };
    expect(await adjusted(named)).toEqual([times(1), times(3), times(3), times(3)]);
    expect(await adjusted({})).toEqual([times(2), times(2), times(2), times(2)]);
    const words = async (more: Partial<ReportInput>): Promise<string> =>
      renderReport({ experiment: measured, ...more }, "markdown");
    expect(await words(named)).toMatch(/; p = .* is not adjusted; all other comparisons/s);
    expect(await words({})).toMatch(
      /; adjusted p = .* is adjusted, because .* is the best of 2 systems/s,
    );
    expect(await words({})).toContain("**RR@10, exploratory**");
  });

  test("says which times are measured and which are forecast", async () => {
    const text = await renderReport(input, "markdown");
    expect(text).toContain("**Measured time per query, by stage**");
    expect(text).toMatch(/time per query, measured or forecast, by setting\*\*/);
    expect(text).toMatch(/\| p50 +\| p95 +\| Timing +\|/);
    expect(text).toMatch(/first stage alone.*\| measured +\|/);
    expect(text).toMatch(/20 candidates.*\| forecast +\|/);
    expect(text).toMatch(/100 candidates.*\| measured +\|/);
  });

  test("reports a single system, with nothing to compare it with", async () => {
    const [dense] = experiment.systems;
    const alone = { ...experiment, systems: dense ? [dense] : [] };
    for (const format of formats) {
      expect(await renderReport({ experiment: alone }, format)).toContain(
        "no other system to compare it with",
      );
    }
  });

  test.each([
    [
      { experiment: { ...experiment, systems: [] } },
      "Expected an experiment with at least one system",
    ],
    [
      { ...input, baseline: "sparse" },
      'Expected `baseline` to be one of "dense", "reranked", got "sparse".',
    ],
    [{ ...input, challenger: "dense" }, "Expected `challenger` to differ from the baseline"],
    [{ ...input, resamples: 0 }, "Expected `resamples` to be a whole number of at least 1, got 0."],
    [{ experiment: plantedExperiment({ places: [[1, 1]] }) }, "Expected at least 2 queries"],
  ])("refuses what it cannot report, and says what it expected", async (wrong, message) => {
    await expect(renderReport(wrong, "json")).rejects.toThrow(message);
  });

  test.each(["pdf", "toString"])("refuses the format %s", async (format) => {
    // @ts-expect-error What JavaScript may hand in.
    await expect(renderReport(input, format)).rejects.toThrow(
      'Expected `format` to be one of "html", "markdown", "json"',
    );
  });
});

describe("the page", () => {
  let document: ReturnType<typeof parseHTML>["document"];
  let page = "";
  beforeAll(async () => {
    page = await renderReport(input, "html");
    ({ document } = parseHTML(page));
  });

  test("begins with title and verdict, in a language, and asks for nothing from elsewhere", () => {
    expect(document.documentElement.lang).toBe("en");
    expect(document.querySelector("title")?.textContent).toBe("Planted figures");
    expect(document.querySelector("main > header")?.textContent).toContain(
      "No significant difference between",
    );
    expect(
      document.querySelectorAll("script, link, img, iframe, object, [src], [href]"),
    ).toHaveLength(0);
    expect(page).not.toMatch(/url\(|@import/);
  });

  test("has headings that skip no level", () => {
    const levels = [...document.querySelectorAll("h1, h2, h3, h4")].map(({ tagName }) =>
      Number(tagName[1]),
    );
    expect(levels[0]).toBe(1);
    expect(
      levels.filter((level, index) => index > 0 && level > (levels[index - 1] ?? 0) + 1),
    ).toEqual([]);
    expect(levels.filter((level) => level === 1)).toHaveLength(1);
  });

  test("scopes every heading of a table, and captions every table", () => {
    const tables = [...document.querySelectorAll("table")];
    expect(tables.length).toBeGreaterThan(5);
    expect(tables.filter((table) => !table.querySelector("caption"))).toEqual([]);
    expect(
      [...document.querySelectorAll("th")].filter((head) => !head.hasAttribute("scope")),
    ).toEqual([]);
  });

  test("draws three plots with a role and a name", () => {
    const names = [...document.querySelectorAll("svg")].map((svg) => [
      svg.getAttribute("role"),
      svg.getAttribute("aria-label"),
    ]);
    expect(names).toEqual([
      ["img", "nDCG@10 by number of candidates: best 0.720 at 50, first stage alone 0.500."],
      ["img", "Milliseconds per query by number of candidates: best 70 ms, cheapest 30 ms."],
      [
        "img",
        "Difference in nDCG@10 for each question, sorted: 4 better, 1 equal, 2 worse.".replace(
          "4 better",
          "5 better",
        ),
      ],
    ]);
  });

  test("marks the best and the cheapest depth in plot and table", () => {
    const [quality] = document.querySelectorAll("svg");
    expect(quality?.textContent).toContain("cheapest");
    const rows = [...document.querySelectorAll("details tbody th")].map(
      ({ textContent }) => textContent,
    );
    expect(rows).toEqual([
      "first stage alone",
      "20 candidates (cheapest)",
      "50 candidates (best)",
      "100 candidates",
    ]);
  });

  test("shows how the passages of the most helped and most harmed questions moved", () => {
    const cases = [...document.querySelectorAll(".case")].map((one) => [
      one.querySelector("h4")?.textContent,
      [...one.querySelectorAll("tbody tr:last-child td")]
        .slice(0, 3)
        .map(({ textContent }) => textContent),
    ]);
    expect(cases).toEqual([
      ["Question 0?", ["3", "1", "▲ 2"]],
      ["Question 6?", ["not found", "5", "new"]],
      ["Question 1?", ["2", "1", "▲ 1"]],
      ["Question 5?", ["1", "2", "▼ 1"]],
      ["Question 3?", ["7", "not found", "lost"]],
    ]);
  });

  test("says how it was made", () => {
    const text = document.querySelector("footer")?.textContent ?? "";
    expect(text).toContain("8, not generated by a model");
    expect(text).toContain("500 resamples, seed 1");
    expect(text).toContain("make it again");
    expect(text).toContain("a small one, 2 cores");
  });
});

test.each(formats)(
  "shows in %s which queries failed with a system or in the sweep",
  async (format) => {
    const failing = plantedExperiment({ places, failures: new Map([["q3", "the model is gone"]]) });
    const failures = new Map([["q5", "the store is gone"]]);
    const text = await renderReport(
      { experiment: failing, sweep: { ...sweep, failures }, resamples: 100 },
      format,
    );
    expect(text).toMatch(/q3(?:.(?!q5))*the model is gone/s);
    expect(text).toMatch(/q5(?:.(?!q3))*the store is gone/s);
    const words = ["Failed queries, which count as 0", "the sweep"];
    const inWords = format !== "json";
    expect(words.map((each) => text.includes(each))).toEqual([inWords, inWords]);
    const without = await renderReport({ experiment, sweep, resamples: 100 }, format);
    expect(without).not.toContain("Queries that failed");
  },
);

describe("hostile texts", () => {
  test("stay texts on the page, down to the last character", async () => {
    const page = await renderReport(hostileReport, "html");
    const { document } = parseHTML(page);
    expect(
      document.querySelectorAll("script, img, iframe, b, [onerror], [onload], [onclick]"),
    ).toHaveLength(0);
    expect(document.querySelector("title")?.textContent).toBe(hostileTexts.title);
    expect(document.querySelector("h4")?.textContent).toBe(hostileTexts.query);
    expect(document.querySelector(".case td:last-child")?.textContent).toBe(hostileTexts.passage);
    expect(document.querySelector(".finding p:nth-child(2)")?.textContent).toBe(
      hostileTexts.finding,
    );
  });

  test("open no tag, no image, no link and no cell in Markdown", async () => {
    const text = await renderReport(hostileReport, "markdown");
    expect(text).not.toMatch(/<(?!!)[a-z/]/i);
    expect(text).not.toMatch(/(?<!\\)!\[|(?<!\\)\]\(|https?:\/\//);
    const rows = text.split("\n").filter((line) => line.startsWith("|"));
    const shifts = rows.slice(rows.findIndex((row) => row.startsWith("| Passage |")));
    expect(new Set(shifts.slice(0, 3).map(cells))).toEqual(new Set([8]));
  });

  test("come through JSON as they were", async () => {
    const data: unknown = JSON.parse(await renderReport(hostileReport, "json"));
    expect(data).toMatchObject({
      version: 1,
      title: hostileTexts.title,
      helped: [{ text: hostileTexts.query }],
    });
  });
});

/** Pipes that Markdown sees as the end of a cell. */
function cells(row: string): number {
  return row.split(/(?<!\\)\|/).length;
}

test("JSON holds every figure: means, intervals and values by query, settings, and the seed", async () => {
  const data: unknown = JSON.parse(await renderReport(input, "json"));
  expect(data).toMatchObject({
    version: 1,
    measures: ["nDCG@10"],
    baseline: "dense",
    challenger: "reranked",
    systems: [
      {
        name: "dense",
        measures: [{ perQuery: { q0: 0.5, q2: 1 }, comparison: null }],
        latency: { total: { p50: 5 } },
      },
      {
        name: "reranked",
        measures: [{ comparison: { wins: 5, ties: 1, losses: 2 } }],
        truncation: { scored: 80, truncated: 8 },
      },
    ],
    sweep: { best: { candidateCount: 50 }, cheapest: { candidateCount: 20 }, oracle: 1 },
    made: { queries: 8, judgements: 8, relevant: 8, seed: 1, resamples: 500, isSynthetic: false },
  });
});
