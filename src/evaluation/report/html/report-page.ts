import type { Finding } from "../../diagnosis/finding.ts";
import { madeWords } from "../made-words.ts";
import type { ReportCase, ReportData } from "../report-data.ts";
import {
  comparisonTables,
  failureTable,
  latencyTable,
  sweepTable,
  truncationTable,
} from "../report-tables.ts";
import type { PlainTable } from "../plain-table.ts";
import { changeWords, shiftTable } from "../shift-words.ts";
import { dataTable } from "./data-table.ts";
import { differencePlot } from "./difference-plot.ts";
import { html, Markup, nothing } from "./markup.ts";
import { pageStyle } from "./page-style.ts";
import { sweepPlots } from "./sweep-plot.ts";

/**
 * The whole page. Its content security policy forbids scripts and network access, whatever its texts contain.
 */
export async function reportPage(data: ReportData): Promise<string> {
  const sections = [
    section("comparison", "Comparison", comparisonTables(data).map(dataTable)),
    section("findings", "Findings", data.findings.map(findingBox)),
    section("sweep", "How many candidates to rerank", await sweepParts(data)),
    section("questions", "Question by question", await questionParts(data)),
    section("time", "Time", filled([latencyTable(data)])),
    section("limits", "Limits", filled([truncationTable(data), failureTable(data)])),
  ];
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta
          http-equiv="Content-Security-Policy"
          content="default-src 'none'; style-src 'unsafe-inline'"
        />
        <meta name="color-scheme" content="light dark" />
        <title>${data.title}</title>
        <style>
          ${new Markup(pageStyle)}
        </style>
      </head>
      <body>
        <main>
          <header>
            <h1>${data.title}</h1>
            <p class="verdict" dir="auto">${unbroken(data.verdict)}</p>
          </header>
          ${sections}
        </main>
        <footer>
          <h2>How this report was made</h2>
          <dl>
            ${madeWords(data).map(
              ([name, what]) =>
                html`<div>
                  <dt>${name}</dt>
                  <dd>${name === "Command" ? html`<code>${what}</code>` : what}</dd>
                </div>`,
            )}
          </dl>
        </footer>
      </body>
    </html> `;
  return page.toString();
}

function section(id: string, title: string, parts: readonly Markup[]): Markup {
  if (parts.length === 0) return nothing;
  return html`<section aria-labelledby="${id}">
    <h2 id="${id}">${title}</h2>
    ${parts}
  </section>`;
}

function findingBox({ code, severity, message, remedy }: Finding): Markup {
  return html`<article class="finding ${severity}">
    <p><strong class="label">${severity}</strong> <code>${code}</code></p>
    <p dir="auto">${unbroken(message)}</p>
    <p class="remedy" dir="auto">${remedy}</p>
  </article>`;
}

async function sweepParts({ sweep }: ReportData): Promise<Markup[]> {
  if (!sweep) return [];
  const figures = html`<details>
    <summary>Plot data</summary>
    ${dataTable(sweepTable(sweep))}
  </details>`;
  return [await sweepPlots(sweep), figures];
}

async function questionParts(data: ReportData): Promise<Markup[]> {
  const { differences, helped, harmed, measures } = data;
  if (differences.length === 0) return [];
  return [
    await differencePlot(differences, measures[0] ?? ""),
    ...cases("Helped most", helped, data),
    ...cases("Harmed most", harmed, data),
  ];
}

function cases(title: string, shown: readonly ReportCase[], data: ReportData): Markup[] {
  if (shown.length === 0) return [];
  return [
    html`<h3>${title}</h3>`,
    ...shown.map(
      (one) =>
        html`<article class="case">
          <h4 dir="auto">${one.text}</h4>
          <p class="change">${one.query}: ${data.measures[0] ?? ""} ${changeWords(one)}</p>
          ${dataTable(shiftTable(one, data))}
        </article>`,
    ),
  ];
}

/** Keeps a number and its sign on one line. */
function unbroken(text: string): string {
  return text
    .replaceAll(/(\d) (%|ms\b)/g, "$1\u00a0$2")
    .replaceAll(/\bp ([=<]) (\d)/g, "p\u00a0$1\u00a0$2");
}

function filled(tables: readonly PlainTable[]): Markup[] {
  return tables.filter(({ rows }) => rows.length > 0).map(dataTable);
}
