import { parseHTML } from "linkedom";
import { describe, expect, test } from "vitest";
import type { ExperimentResult } from "../../../src/evaluation/experiment/experiment-result.ts";
import { renderReport } from "../../../src/evaluation/report/render-report.ts";
import type { ReportData } from "../../../src/evaluation/report/report-data.ts";
import type { ReportInput } from "../../../src/evaluation/report/report-input.ts";
import type { SweepPoint, SweepResult } from "../../../src/evaluation/sweep/sweep-result.ts";
import { judgementsOf } from "../judged.ts";
import { plantedExperiment } from "../planted-experiment.ts";
import { plantedSweep } from "../planted-sweep.ts";

const helpedAndHarmed = plantedExperiment({
  places: [
    [3, 1],
    [1, 2],
  ],
});
/** Eight relevant documents of q0, worst new rank first, and some that are judged not relevant. */
const judged: ExperimentResult = {
  ...helpedAndHarmed,
  judgements: judgementsOf(
    [
      "q0",
      [
        ["q0-filler-9", 0],
        ...[8, 7, 6, 5, 4, 3, 2].map((place) => [`q0-filler-${place}`, 1] as const),
        ["q0-answer", 2],
      ],
    ],
    [
      "q1",
      [
        ["q1-answer", 2],
        ["q1-filler-4", -1],
      ],
    ],
  ),
};

async function figuresOf(input: ReportInput): Promise<ReportData> {
  return JSON.parse(await renderReport({ resamples: 100, ...input }, "json"));
}

async function documentOf(input: ReportInput) {
  return parseHTML(await renderReport({ resamples: 100, ...input }, "html")).document;
}

function longText(): string {
  return `First line.\n# Second line. ${"é".repeat(300)} end`;
}

describe("the figures of a report", () => {
  test("show the six relevant documents with the best new ranks, and a first one that is not relevant", async () => {
    const { helped, harmed } = await figuresOf({ experiment: judged });
    expect(helped[0]?.relevant.map(({ id, from, to, grade }) => [id, from, to, grade])).toEqual([
      ["q0-answer", 3, 1, 2],
      ["q0-filler-2", 2, 2, 1],
      ["q0-filler-3", null, 3, 1],
      ["q0-filler-4", 4, 4, 1],
      ["q0-filler-5", 5, 5, 1],
      ["q0-filler-6", 6, 6, 1],
    ]);
    expect(helped[0]?.intruder).toBeNull();
    expect(harmed[0]?.intruder).toMatchObject({ id: "q1-filler-1", grade: null, to: 1 });
    const document = await documentOf({ experiment: judged });
    const [, harm] = document.querySelectorAll(".case");
    expect(harm?.querySelector("tbody tr")?.textContent).toMatch(
      /q1-filler-1\s+not found\s+1\s+new\s+not relevant/,
    );
  });

  test("count as relevant what has a grade of 1 or more", async () => {
    const { made } = await figuresOf({ experiment: judged });
    expect(made).toMatchObject({ judgements: 11, relevant: 9 });
  });

  test("are about the best of the other systems, in any position", async () => {
    const worse = plantedExperiment({
      places: [
        [3, 4],
        [1, 9],
      ],
    });
    const better = helpedAndHarmed.systems[1];
    const systems = [...worse.systems, ...(better ? [{ ...better, name: "better" }] : [])];
    const three = { ...worse, systems };
    expect((await figuresOf({ experiment: three })).challenger).toBe("better");
    const turned = { ...worse, systems: systems.toSpliced(1, 2, ...systems.slice(1).toReversed()) };
    expect((await figuresOf({ experiment: turned })).challenger).toBe("better");
  });

  test("cut long passages between characters, and keep each on one line in Markdown", async () => {
    const experiment = plantedExperiment({
      places: [
        [3, 1],
        [1, 2],
      ],
      documentText: longText,
    });
    const document = await documentOf({ experiment });
    const shown = document.querySelector(".case td:last-child")?.textContent ?? "";
    expect(shown).toMatch(/^First line\. # Second line\. é+…$/);
    expect(shown).toHaveLength(221);
    const markdown = await renderReport(
      { experiment, resamples: 100, title: "One\ntwo" },
      "markdown",
    );
    expect(markdown).toMatch(/^# One two$/m);
    expect(markdown).toMatch(/^\| q0-answer \| 3 \| 1 \|.*First line\. # Second line/m);
  });

  test("name the share that intervals cover", async () => {
    const document = await documentOf({ experiment: judged });
    expect(document.querySelector("footer")?.textContent).toContain("bootstrap of 95 %");
  });

  test("keep a name with quotation marks inside its attribute", async () => {
    const name = 'x" onmouseover="alert(1)" y="';
    const systems = judged.systems.map((system, index) =>
      index === 0 ? { ...system, name } : system,
    );
    const document = await documentOf({ experiment: { ...judged, systems } });
    expect(document.querySelectorAll("[onmouseover], [y]:not(svg *)")).toHaveLength(0);
    const labels = [...document.querySelectorAll(".case .scroll")].map((box) =>
      box.getAttribute("aria-label"),
    );
    expect(labels[0]).toBe(`Ranks of the relevant passages, from ${name} to reranked`);
  });
});

/** A sweep of two depths with a blend of 1, and three with 0.5, without and with a threshold; the best has 50, 0.5 and none. */
function blendedSweep(): SweepResult {
  const points = [
    [0, 0.5, 5],
    [20, 0.6, 30],
    [50, 0.61, 70],
  ] as const;
  const plain = plantedSweep({ points });
  const blended = plantedSweep({ points: [...points, [100, 0.7, 140]], blend: 0.5 });
  const strict: SweepPoint[] = blended.points.map((point) => ({ ...point, scoreThreshold: 0.3 }));
  const [, best] = blended.points;
  if (best === undefined) throw new Error("Three points were planted.");
  return {
    ...plain,
    points: [...plain.points, ...blended.points, ...strict],
    best,
    cheapest: best,
  };
}

describe("a sweep over depths, blends and thresholds", () => {
  test("marks one row: the same depth with another blend or threshold is another setting", async () => {
    const document = await documentOf({ experiment: judged, sweep: blendedSweep() });
    const rows = [...document.querySelectorAll("details tbody tr")].map((row) =>
      [...row.children].slice(0, 3).map(({ textContent }) => textContent),
    );
    expect(rows.filter(([setting = ""]) => setting?.includes("("))).toEqual([
      ["50 candidates (best, cheapest)", "0.5", "–"],
    ]);
    expect(rows).toHaveLength(9);
  });

  test("draws the series of the best point in front, and one name for one place", async () => {
    const document = await documentOf({ experiment: judged, sweep: blendedSweep() });
    const [quality, latency] = document.querySelectorAll(".plots svg");
    for (const plot of [quality, latency]) {
      const names = [...(plot?.querySelectorAll("text") ?? [])].map(
        ({ textContent }) => textContent,
      );
      expect(names.filter((name) => /best|cheapest/.test(name ?? ""))).toEqual([
        "best and cheapest",
      ]);
    }
    // The first stage, 20, 50 and 100.
    expect(quality?.querySelectorAll('g[fill="var(--accent)"] circle')).toHaveLength(4);
  });

  test("names best and cheapest apart if they are near, and beside the axis at depth 0", async () => {
    const sweep = plantedSweep({
      points: [
        [0, 0.71, 5],
        [10, 0.72, 30],
        [100, 0.7, 140],
      ],
    });
    const document = await documentOf({ experiment: judged, sweep });
    const [quality] = document.querySelectorAll(".plots svg");
    const [best, cheapest] = ["best", "cheapest"].map((name) =>
      [...(quality?.querySelectorAll("text") ?? [])].find((text) => text.textContent === name),
    );
    expect(shiftOf(best)).toBeLessThan(0);
    expect(shiftOf(cheapest)).toBeGreaterThan(0);
    expect(cheapest?.closest('[text-anchor="start"]')).not.toBeNull();
    expect(best?.closest('[text-anchor="start"]')).toBeNull();
  });
});

/** By how much a name stands below its mark, in pixels: what its group is moved by. */
function shiftOf(
  text:
    | { readonly parentElement: { getAttribute(name: string): string | null } | null }
    | undefined,
): number {
  const moved = /translate\([^,]+,\s*(-?[\d.]+)/.exec(
    text?.parentElement?.getAttribute("transform") ?? "",
  );
  return Number(moved?.[1] ?? Number.NaN);
}
