import { signed, score } from "../diagnosis/number-words.ts";
import { columns, type PlainTable } from "./plain-table.ts";
import type { ReportCase, ReportData, ReportShift } from "./report-data.ts";

/** The most characters of a passage that are shown. */
const shownCharacters = 220;

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
      beginningOf(shift.text),
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

/** By characters as readers count them, so that none is cut in two. */
function beginningOf(text: string): string {
  const segments = new Intl.Segmenter("en").segment(text.replaceAll(/\s+/g, " ").trim());
  const characters = Array.from(segments, ({ segment }) => segment);
  if (characters.length <= shownCharacters) return characters.join("");
  return `${characters.slice(0, shownCharacters).join("").trimEnd()}…`;
}
