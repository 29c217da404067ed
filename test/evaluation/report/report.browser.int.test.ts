import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type Browser, launch, type Page } from "puppeteer-core";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { bakeOff } from "../../../src/evaluation/bake-off/bake-off.ts";
import { nDCG } from "../../../src/evaluation/measures/ndcg.ts";
import { renderBakeOff } from "../../../src/evaluation/report/render-bake-off.ts";
import { renderReport } from "../../../src/evaluation/report/render-report.ts";
import { plantedExperiment } from "../planted-experiment.ts";
import { plantedSweep } from "../planted-sweep.ts";
import { collect, judgements } from "../bake-off/planted-bake-off.ts";
import { plantedConfiguration } from "./planted-configuration.ts";
import { findChromium } from "../../chromium.ts";
import { hostileReport, hostileTexts } from "./hostile-report.ts";

const executablePath = findChromium();

describe("the report in a browser", async () => {
  let browser: Browser | undefined;
  let folder = "";

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "report-"));
    if (executablePath === undefined) return;
    browser = await launch({
      executablePath,
      // A container has neither the right to a sandbox nor much shared memory; the pages are our own.
      args: ["--no-sandbox", "--disable-dev-shm-usage"],
    });
  });

  beforeEach(({ skip }) => {
    skip(browser === undefined, "No Chromium found: install it, or name it in CHROMIUM_PATH.");
  });

  afterAll(async () => {
    await browser?.close();
    await rm(folder, { recursive: true });
  });

  async function opened(
    name: string,
    html: string,
    width: number,
  ): Promise<{ page: Page; heard: string[] }> {
    const file = join(folder, `${name}.html`);
    await writeFile(file, html);
    if (browser === undefined) throw new Error("The browser was not started.");
    const page = await browser.newPage();
    const heard: string[] = [];
    const own = pathToFileURL(file).href;
    page.on("console", (message) => heard.push(`console: ${message.text()}`));
    page.on("pageerror", (error) => heard.push(`error: ${String(error)}`));
    page.on("dialog", (dialog) => heard.push(`dialog: ${dialog.message()}`));
    page.on("request", (request) => {
      if (request.url() !== own) heard.push(`request: ${request.url()}`);
    });
    await page.setViewport({ width, height: 800 });
    await page.goto(own, { waitUntil: "networkidle0" });
    return { page, heard };
  }

  const configuration = plantedConfiguration("rerank");
  const sweep = plantedSweep({
    points: [
      [0, 0.5, 5],
      [20, 0.71, 30],
      [50, 0.72, 70],
      [100, 0.7, 140],
    ],
  });
  const experiment = plantedExperiment({
    places: Array.from(
      { length: 40 },
      (_slot, index) => [1 + (index % 7), 1 + (index % 5)] as const,
    ),
    documentText: (id) => `${id} ${"long".repeat(60)} ${"words and words ".repeat(30)}`,
  });

  const result = bakeOff({
    pools: await collect(),
    judgements,
    measures: [nDCG(10)],
    resamples: 50,
  });
  const pages = {
    experiment: () => renderReport({ experiment, sweep, configuration }, "html"),
    "bake-off": () => renderBakeOff({ bakeOff: result }, "html"),
  } as const;

  test.each([
    ["experiment", 360],
    ["experiment", 1280],
    ["bake-off", 360],
    ["bake-off", 1280],
  ] as const)("of %s fits a width of %d, silently, and asks for nothing", async (name, width) => {
    const html = await pages[name]();
    const { page, heard } = await opened(`${name}-${width}`, html, width);
    const widths = await page.evaluate(
      "[document.documentElement.scrollWidth, document.body.scrollWidth]",
    );
    expect(widths).toEqual([width, width]);
    expect(heard).toEqual([]);
  });

  test.each([360, 400])(
    "shows every cell whole at %d, under the name of its column",
    async (width) => {
      const html = await renderReport({ experiment, sweep, configuration }, "html");
      const { page } = await opened(`cells-${width}`, html, width);
      const cells: unknown =
        await page.evaluate(`[...document.querySelectorAll("details")].map((one) => one.open = true) &&
      [...document.querySelectorAll("td, th[scope=row]")].map((cell) => {
        const { left, right, height } = cell.getBoundingClientRect();
        const name = getComputedStyle(cell, "::before").content;
        return { left, right, height, name, isCell: cell.tagName === "TD", length: cell.textContent.length };
      })`);
      expect(cells).toSatisfy((list: unknown) => Array.isArray(list) && list.length > 50);
      expect(cells).toSatisfy((list: readonly ShownCell[]) =>
        list.every(
          ({ left, right, height, name, isCell, length }) =>
            left >= 0 && right <= width && height < 60 + 2 * length && (!isCell || name.length > 3),
        ),
      );
    },
  );

  test.each([360, 1280])(
    "lets hostile texts neither run nor load nor widen it, at %d",
    async (width) => {
      const html = await renderReport(hostileReport, "html");
      const { page, heard } = await opened(`hostile-${width}`, html, width);
      expect(heard).toEqual([]);
      expect(await page.title()).toBe(hostileTexts.title);
      expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(width);
      expect(await page.evaluate("document.querySelectorAll('script, img, iframe').length")).toBe(
        0,
      );
    },
  );

  test.each(["light", "dark"])(
    "shows texts with a contrast of at least 4.5 in %s",
    async (scheme) => {
      const html = await renderReport({ ...hostileReport, sweep, configuration }, "html");
      const { page } = await opened(`contrast-${scheme}`, html, 1280);
      await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
      const ratios: unknown = await page.evaluate(contrastsOnPage);
      expect(ratios).toSatisfy((list: unknown) => Array.isArray(list) && list.length > 20);
      expect(ratios).toSatisfy((list: number[]) => Math.min(...list) >= 4.5);
    },
  );
});

interface ShownCell {
  readonly left: number;
  readonly right: number;
  readonly height: number;
  readonly name: string;
  readonly isCell: boolean;
  readonly length: number;
}

/** For each element with a text of its own the contrast of its colour with the nearest ground, as WCAG 2 counts it. */
const contrastsOnPage = `(() => {
  const numbers = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const luminance = (colour) => {
    const [r, g, b] = numbers(colour).map((part) => part / 255).map((part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const groundOf = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const ground = getComputedStyle(at).backgroundColor;
      if (numbers(ground)[3] !== 0) return ground;
    }
    return "rgb(255, 255, 255)";
  };
  const withText = [...document.querySelectorAll("body *")].filter((element) =>
    !element.closest("style") && [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim()));
  return withText.map((element) => {
    const style = getComputedStyle(element);
    const [a, b] = [luminance(element.closest("svg") ? style.fill : style.color), luminance(groundOf(element))].sort((x, y) => y - x);
    return (a + 0.05) / (b + 0.05);
  });
})()`;
