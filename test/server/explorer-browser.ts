import { launch, type Browser, type Page } from "puppeteer-core";
import { findChromium } from "../chromium.ts";

/** Starts the browser; `undefined` where none is installed. */
export async function startBrowser(): Promise<Browser | undefined> {
  const executablePath = findChromium();
  if (executablePath === undefined) return undefined;
  // A container has neither the right to a sandbox nor much shared memory; the pages are our own.
  return launch({ executablePath, args: ["--no-sandbox", "--disable-dev-shm-usage"] });
}

/** How a page is opened. */
export interface PageOptions {
  readonly width?: number;
  readonly scheme?: "light" | "dark";
  /** Statuses of answers that the test expects; the browser reports them in its console. */
  readonly expectedStatus?: number;
}

/**
 * Opens an address of the server, and collects in `heard` all that must not happen: messages in the console (a violation
 * of the content security policy is one), errors, dialogs, and requests to elsewhere.
 */
export async function openPage(
  browser: Browser | undefined,
  address: string,
  { width = 1280, scheme = "light", expectedStatus }: PageOptions = {},
): Promise<{ readonly page: Page; readonly heard: string[] }> {
  if (!browser) throw new Error("The browser was not started.");
  const page = await browser.newPage();
  const heard: string[] = [];
  const { origin } = new URL(address);
  page.on("console", (message) => {
    if (expectedStatus === undefined || !message.text().includes(`status of ${expectedStatus}`)) {
      heard.push(`console: ${message.text()}`);
    }
  });
  page.on("pageerror", (error) => heard.push(`error: ${String(error)}`));
  page.on("dialog", (dialog) => {
    heard.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on("request", (request) => {
    const url = new URL(request.url());
    if (url.origin !== origin && url.protocol !== "data:" && url.protocol !== "blob:") {
      heard.push(`request: ${url.href}`);
    }
  });
  await page.emulateMediaFeatures([
    { name: "prefers-color-scheme", value: scheme },
    { name: "prefers-reduced-motion", value: "reduce" },
  ]);
  await page.setViewport({ width, height: 900 });
  await page.goto(address, { waitUntil: "networkidle0" });
  return { page, heard };
}

/** The texts of the elements that a selector finds. */
export async function textsOf(page: Page, selector: string): Promise<string[]> {
  const texts: unknown = await page.evaluate(
    `[...document.querySelectorAll(${JSON.stringify(selector)})].map((one) => one.textContent.trim())`,
  );
  return Array.isArray(texts) ? texts.map(String) : [];
}

/** Waits until an expression in the page holds. It may throw meanwhile, as while an element is not there. */
export async function until(page: Page, expression: string): Promise<void> {
  const tried = `(() => { try { return ${expression}; } catch { return false; } })()`;
  await page.waitForFunction(tried, { timeout: 30_000, polling: 50 });
}
