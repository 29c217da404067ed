import { signed, score } from "../diagnosis/number-words.ts";
import { cutEnd } from "../../text/cut-text.ts";
import { columns, type PlainTable } from "./plain-table.ts";
import type { ReportCase, ReportData, ReportShift } from "./report-data.ts";

/** Maximum length of a passage in UTF-16 units, including the ellipsis. */
const shownCharacters = 221;

/** The ranks of one question's relevant passages before and after. */
export function shiftTable(
  { relevant, intruder }: ReportCase,
  { baseline, challenger }: ReportData,
): PlainTable {
  return {
    caption: `Ranks of the relevant passages, from ${baseline} to ${challenger ?? baseline}`,
    columns: [...columns(["Passage"], ["From", "To", "Moved"]), ...columns(["Judged", "Text"], [])],
    rows: [...(intruder ? [intruder] : []), ...relevant].map((shift) => [
      shift.id,
      rankWords(shift.from),
      rankWords(shift.to),
      movementWords(shift),
      shift === intruder ? "not relevant" : `grade ${shift.grade ?? 0}`,
      cutEnd(shift.text.replaceAll(/\s+/g, " ").trim(), shownCharacters),
    ]),
  };
}

/** `0.230 → 1.000 (+0.770)`. */
export function changeWords({ baseline, challenger, difference }: ReportCase): string {
  return `${score(baseline)} → ${score(challenger)} (${signed(difference)})`;
}

function rankWords(rank: number | null): string {
  return rank === null ? "not found" : String(rank);
}

function movementWords({ from, to }: ReportShift): string {
  if (from === to) return "=";
  if (to === null) return "lost";
  if (from === null) return "new";
  return from > to ? `▲ ${from - to}` : `▼ ${to - from}`;
}
