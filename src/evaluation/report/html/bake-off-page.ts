import type { BakeOffReportData } from "../bake-off-data.ts";
import {
  admissionTable,
  agreementTable,
  bakeOffMade,
  entryTable,
  failedQueryTable,
  frontTable,
  rerankerTable,
} from "../bake-off-tables.ts";
import { dataTable, filledTables } from "./data-table.ts";
import { frontPlot } from "./front-plot.ts";
import { htmlPage, section } from "./html-page.ts";
import { html } from "./markup.ts";

/** The whole page of a bake-off. */
export async function bakeOffPage(data: BakeOffReportData): Promise<string> {
  const { title, verdict } = data;
  const all = html`<details>
    <summary>All entries</summary>
    ${dataTable(entryTable(data))}
  </details>`;
  const sections = [
    section("front", "Quality against time", [
      await frontPlot(data),
      ...filledTables([frontTable(data)]),
      all,
    ]),
    section("gain", "Does reranking help", filledTables([admissionTable(data)])),
    section("rerankers", "Reranker against reranker", filledTables([rerankerTable(data)])),
    section("agreement", "Agreement", filledTables([agreementTable(data)])),
    section("limits", "Limits", filledTables([failedQueryTable(data)])),
  ];
  return htmlPage({ title, verdict, sections, made: bakeOffMade(data) });
}
