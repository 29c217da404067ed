import type { Finding } from "../../diagnosis/finding.ts";
import { decisionBasis, decisionTables } from "../decision-tables.ts";
import { madeWords } from "../made-words.ts";
import type { ReportCase, ReportData, ReportDecision } from "../report-data.ts";
import {
  comparisonTables,
  failureTable,
  latencyTable,
  sweepTable,
  truncationTable,
} from "../report-tables.ts";
import { changeWords, shiftTable } from "../shift-words.ts";
import { dataTable, filledTables } from "./data-table.ts";
import { differencePlot } from "./difference-plot.ts";
import { htmlPage, section, unbroken } from "./html-page.ts";
import { html, type Markup } from "./markup.ts";
import { sweepPlots } from "./sweep-plot.ts";

/** The whole page of an experiment. */
export async function reportPage(data: ReportData): Promise<string> {
  const sections = [
    section("comparison", "Comparison", comparisonTables(data).map(dataTable)),
    section("findings", "Findings", data.findings.map(findingBox)),
    section("decision", "Decision", data.decision ? decisionParts(data.decision) : []),
    section("sweep", "How many candidates to rerank", await sweepParts(data)),
    section("questions", "Question by question", await questionParts(data)),
    section("time", "Time", filledTables([latencyTable(data)])),
    section("limits", "Limits", filledTables([truncationTable(data), failureTable(data)])),
  ];
  const { title, verdict } = data;
  return htmlPage({ title, verdict, sections, made: madeWords(data) });
}

function findingBox({ code, severity, message, remedy }: Finding): Markup {
  return html`<article class="finding ${severity}">
    <p><strong class="label">${severity}</strong> <code>${code}</code></p>
    <p dir="auto">${unbroken(message)}</p>
    <p class="remedy" dir="auto">${remedy}</p>
  </article>`;
}

function decisionParts(decision: ReportDecision): Markup[] {
  const [evidence, ...folds] = decisionTables(decision).map(dataTable);
  const choices = html`<details>
    <summary>Choices of the parts</summary>
    ${folds}
  </details>`;
  return [
    html`<p class="decision" dir="auto">${unbroken(decision.reason)}</p>`,
    html`<p class="basis" dir="auto">${decisionBasis(decision)}</p>`,
    ...(evidence === undefined ? [] : [evidence, choices]),
  ];
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
