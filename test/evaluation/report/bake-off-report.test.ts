import { describe, expect, test } from "vitest";
import { parseHTML } from "linkedom";
import { bakeOff } from "../../../src/evaluation/bake-off/bake-off.ts";
import { nDCG } from "../../../src/evaluation/measures/ndcg.ts";
import { renderBakeOff } from "../../../src/evaluation/report/render-bake-off.ts";
import { collect, judgements, rerankersOf, timed } from "../bake-off/planted-bake-off.ts";

const hostile = `<img src=x onerror="alert(1)"> | **bold** \u001b[31m`;
const times = { near: 2, far: 3, good: 40, bad: 20 };
const pools = timed(await collect({ rerankers: rerankersOf(["good", "bad"]) }), times);
const result = bakeOff({ pools, judgements, measures: [nDCG(10)], resamples: 200 });
const failures = new Map([["q1", hostile]]);
const input = { bakeOff: { ...result, failures }, title: hostile, command: "again" };

describe("renderBakeOff", () => {
  test.each(["html", "markdown", "json"] as const)(
    "writes the same %s for the same input",
    async (format) => {
      expect(await renderBakeOff(input, format)).toBe(await renderBakeOff(input, format));
    },
  );

  test("begins with the recommendation, and shows every entry in plot and table", async () => {
    const { document } = parseHTML(await renderBakeOff(input, "html"));
    const verdict = document.querySelector(".verdict")?.textContent?.replaceAll("\u00a0", " ");
    expect(verdict).toBe(result.configuration.reason);
    const dots = document.querySelectorAll('svg g[aria-label="dot"] circle').length;
    // All entries, the front again, and what is marked.
    expect(dots).toBeGreaterThan(result.entries.length + result.front.length);
    const captions = Array.from(
      document.querySelectorAll("caption"),
      (each: { readonly textContent: string }) => each.textContent.trim(),
    );
    expect(captions).toEqual([
      "The Pareto front by nDCG@10 and cost, cheapest first",
      "Every entry, cheapest first",
      "Gain in nDCG@10 over the first stage alone, cross-validated",
      "Each pair of rerankers, each at its best, by nDCG@10",
      "Agreement of the rerankers on all passages that a first stage found",
      "Failed queries, which count as 0",
    ]);
    const rows = document.querySelectorAll("details tbody tr");
    expect(rows).toHaveLength(result.entries.length);
    expect(document.querySelector("img")).toBeNull();
    expect(document.querySelector("h1")?.textContent).toContain("<img src=x");
  });

  test("has all figures as JSON and the tables as Markdown", async () => {
    const data = JSON.parse(await renderBakeOff(input, "json"));
    expect(data).toMatchObject({
      version: 1,
      recommended: result.recommended?.name,
      best: result.best?.name,
      queries: 60,
      failures: { q1: hostile },
    });
    expect(data.entries).toHaveLength(result.entries.length);
    expect(data.front.map((entry: { name: string }) => entry.name)).toEqual(
      result.front.map(({ name }) => name),
    );
    const markdown = await renderBakeOff(input, "markdown");
    expect(markdown).toContain(`(recommended`);
    expect(markdown).not.toContain("<img");
    expect(markdown).toMatch(/^\| near \| bad \| no \| /m);
  });

  test("shows limits that nothing meets", async () => {
    const none = bakeOff({
      pools,
      judgements,
      measures: [nDCG(10)],
      resamples: 50,
      maxLatencyMs: 1,
    });
    const html = await renderBakeOff({ bakeOff: none }, "html");
    expect(html).toContain("No configuration is within the limits");
    expect(html).toContain("<title>Which reranker to use</title>");
  });

  test.each([
    [{ bakeOff: {} }, "html", "Expected `bakeOff` to be the result of bakeOff()"],
    [input, "pdf", "`format`"],
  ])("refuses %j", async (given, format, message) => {
    await expect(Reflect.apply(renderBakeOff, undefined, [given, format])).rejects.toThrow(message);
  });
});
