import { green, lines, red, shown, tableOf, yellow, type Shown } from "../terminal.ts";
import type { Finding } from "./finding.ts";

/** One line for each finding, then the solution for each problem. */
export function findingsTable(findings: readonly Finding[]): Shown {
  const rows = findings.map(({ verdict, what, here }) => [paints[verdict](verdict), what, here]);
  const waysOut = findings.flatMap((finding) =>
    finding.verdict === "problem"
      ? [shown`${red("problem")} ${finding.what}: ${finding.wayOut}`]
      : [],
  );
  const table = tableOf(["result", "check", "details"], rows);
  return waysOut.length === 0 ? table : lines([table, shown``, ...waysOut]);
}

const paints = { ok: green, note: yellow, problem: red } as const;
