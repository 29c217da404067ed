import { RetrievalError } from "../../errors.ts";
import { count } from "../diagnosis/number-words.ts";
import type { Baseline, BaselineQuestion } from "./baseline.ts";

/** What must be the same in the baseline and in what is compared with it. */
export interface MeasuredConditions extends Pick<
  Baseline,
  "measures" | "collection" | "questions"
> {
  /** Names of the systems. */
  readonly systems: readonly string[];
}

/**
 * Throws `invalid-input` if texts, questions, judgements or measures differ from the baseline's, or if one of its
 * systems is missing; the message lists all differences. Values of different measurements cannot be compared
 * question by question, and a system that is no longer measured would pass unnoticed.
 */
export function requireComparable(baseline: Baseline, measured: MeasuredConditions): void {
  const differences = [
    ...namesDifference("measures", baseline.measures, measured.measures),
    ...collectionDifference(baseline.collection, measured.collection),
    ...questionDifferences(baseline.questions, measured.questions),
    ...missingSystems(baseline, measured.systems),
  ];
  if (differences.length === 0) return;
  throw new RetrievalError(
    "invalid-input",
    `Expected the same measurement as in the baseline, but ${differences.join("; ")}: ` +
      "measure the same as the baseline, or update the baseline with `writeBaseline`.",
  );
}

function namesDifference(
  what: string,
  before: readonly string[],
  after: readonly string[],
): string[] {
  const [was, is] = [before.join(", "), after.join(", ")];
  return was === is ? [] : [`its ${what} are ${was || "none"} instead of ${is || "none"}`];
}

function collectionDifference(before: string | undefined, after: string | undefined): string[] {
  if (before === after) return [];
  return [`its collection is ${before ?? "not stated"} instead of ${after ?? "not stated"}`];
}

type Questions = ReadonlyMap<string, BaselineQuestion>;

function questionDifferences(before: Questions, after: Questions): string[] {
  const added = [...after.keys()].filter((id) => !before.has(id));
  const removed = [...before.keys()].filter((id) => !after.has(id));
  const changed = (part: keyof BaselineQuestion): string[] =>
    [...after].flatMap(([id, question]) => {
      const own = before.get(id);
      return own === undefined || own[part] === question[part] ? [] : [id];
    });
  return [
    ...idsWords(added, "it lacks"),
    ...idsWords(removed, "it also has"),
    ...idsWords(changed("text"), "it has another text of"),
    ...idsWords(changed("judgements"), "it has other judgements of"),
  ];
}

function missingSystems({ systems }: Baseline, measured: readonly string[]): string[] {
  const missing = systems.map(({ name }) => name).filter((name) => !measured.includes(name));
  return missing.length === 0
    ? []
    : [
        missing.length === 1
          ? `its system ${missing.join()} was not measured`
          : `its systems ${missing.join(", ")} were not measured`,
      ];
}

const mostNamed = 3;

function idsWords(ids: readonly string[], words: string): string[] {
  if (ids.length === 0) return [];
  const named = ids
    .slice(0, mostNamed)
    .map((id) => JSON.stringify(id))
    .join(", ");
  const some = ids.length > mostNamed ? `${named}, …` : named;
  return [`${words} ${count(ids.length, "question")} (${some})`];
}
