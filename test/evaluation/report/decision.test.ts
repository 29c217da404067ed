import { parseHTML } from "linkedom";
import { describe, expect, test } from "vitest";
import type { Configuration } from "../../../src/evaluation/gate/configuration.ts";
import type { ReportData } from "../../../src/evaluation/report/report-data.ts";
import { renderReport } from "../../../src/evaluation/report/render-report.ts";
import type { ReportFormat } from "../../../src/evaluation/report/report-format.ts";
import { plantedExperiment } from "../planted-experiment.ts";
import { plantedConfiguration } from "./planted-configuration.ts";

const experiment = plantedExperiment({
  places: [
    [2, 1],
    [1, 1],
  ],
});

function reportOf(configuration: Configuration | undefined, format: ReportFormat): Promise<string> {
  return renderReport({ experiment, configuration, resamples: 100 }, format);
}

async function rowsOf(configuration: Configuration): Promise<string[][]> {
  const { document } = parseHTML(await reportOf(configuration, "html"));
  const rows = [...document.querySelectorAll('section[aria-labelledby="decision"] tbody tr')];
  return rows.map((row) =>
    [...row.querySelectorAll("th, td")].map((cell) => cell.textContent.trim()),
  );
}

const accepted = plantedConfiguration("rerank");

describe("the decision in a report", () => {
  test("has the gate's words, evidence and choices, as a page", async () => {
    const { document } = parseHTML(await reportOf(accepted, "html"));
    const [words, basis] = [".decision", ".basis"].map(
      (selector) => document.querySelector(selector)?.textContent,
    );
    expect(words).toBe("Rerank 20 candidates: it helps.");
    expect(basis).toBe(
      "Decided with a model by nDCG@10 on 60 questions; each question is measured with settings that were chosen without it.",
    );
    expect(await rowsOf(accepted)).toEqual([
      ["nDCG@10", "0.750", "0.700", "+0.050", "+0.010 to +0.090", "0.020", "0.040"],
      ["part 1", "20 candidates", "0.5", "0.3", "30", "0.800", "0.700", "+0.100"],
      ["part 2", "first stage alone", "–", "–", "30", "0.700", "0.700", "0.000"],
    ]);
  });

  test("has the same in Markdown", async () => {
    const text = await reportOf(accepted, "markdown");
    expect(text).toContain("## Decision\n\n**Rerank 20 candidates: it helps.**\n\nDecided with");
    expect(text).toMatch(/^\| nDCG@10 \| 0\.750 \| .* \| 0\.020 \| 0\.040 \|$/m);
    expect(text).toMatch(
      /^\| part 1 \| 20 candidates \| 0\.5 \| 0\.3 \| 30 \| 0\.800 \| 0\.700 \| \+0\.100 \|$/m,
    );
  });

  test("has every figure in JSON", async () => {
    const { decision }: ReportData = JSON.parse(await reportOf(accepted, "json"));
    const { evidence, model } = accepted;
    expect(decision).toMatchObject({
      decision: "rerank",
      rerank: { candidateCount: 20, blend: 0.5, scoreThreshold: null },
      model: model?.name,
      queries: 60,
      evidence: { pValue: evidence?.pValue, interval: evidence?.interval, level: 0.05 },
    });
    expect(decision?.evidence?.folds.map(({ settings }) => settings)).toEqual([
      { candidateCount: 20, blend: 0.5, scoreThreshold: 0.3 },
      null,
    ]);
  });

  test("says that there were too few questions, without evidence", async () => {
    const undecided = plantedConfiguration("undecided");
    expect(await rowsOf(undecided)).toEqual([]);
    expect(await reportOf(undecided, "markdown")).toContain("**No decision: judge more.**");
    const { decision }: ReportData = JSON.parse(await reportOf(undecided, "json"));
    expect(decision).toMatchObject({ decision: "undecided", rerank: null, evidence: null });
  });

  test("is left out without a configuration", async () => {
    expect(await reportOf(undefined, "html")).not.toContain("Decision");
    expect(await reportOf(undefined, "markdown")).not.toContain("Decision");
    expect(JSON.parse(await reportOf(undefined, "json"))).toMatchObject({ decision: null });
  });

  test("shows a hostile reason and model as text", async () => {
    const hostile = {
      ...accepted,
      reason: "</p><script>alert(1)</script> **bold**",
      model: { name: "<img src=x>", fileHash: undefined, arithmetic: undefined },
    };
    const page = await reportOf(hostile, "html");
    expect(page).not.toMatch(/<script|<img/);
    expect(page).toContain("&lt;script&gt;");
    const text = await reportOf(hostile, "markdown");
    expect(text).toContain("&lt;script&gt;");
    expect(text).not.toContain(" **bold**");
  });

  test("refuses what is not a configuration", async () => {
    const wrong = { ...accepted, decision: "maybe" };
    await expect(
      Reflect.apply(renderReport, undefined, [{ experiment, configuration: wrong }, "html"]),
    ).rejects.toThrow("Expected `decision` in a saved configuration to be one of");
  });
});
