import { signed, score } from "../diagnosis/number-words.ts";
import { cutEnd } from "../../text/cut-text.ts";
import { columns, type PlainTable } from "./plain-table.ts";
import type { ReportCase, ReportData, ReportShift } from "./report-data.ts";

/** The most characters of a passage that are shown, in UTF-16 units, with the sign that tells of more. */
const shownCharacters = 221;

/** Where the relevant passages of one question stood and stand. */
export function shiftTable(
  { relevant, intruder }: ReportCase,
  { baseline, challenger }: ReportData,
): PlainTable {
  return {
    caption: `Places of the relevant passages, from ${baseline} to ${challenger ?? baseline}`,
    columns: [...columns(["Passage"], ["From", "To", "Moved"]), ...columns(["Judged", "Text"], [])],
    rows: [...(intruder ? [intruder] : []), ...relevant].map((shift) => [
      shift.id,
      placeWords(shift.from),
      placeWords(shift.to),
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

function placeWords(place: number | null): string {
  return place === null ? "not found" : String(place);
}

function movementWords({ from, to }: ReportShift): string {
  if (from === to) return "=";
  if (to === null) return "lost";
  if (from === null) return "new";
  return from > to ? `▲ ${from - to}` : `▼ ${to - from}`;
}
