import { createHash } from "node:crypto";
import { RetrievalError } from "../../errors.ts";
import type { Judgements } from "../data/judgements.ts";
import { requireMeasureList, type Measure } from "../measures/measure.ts";
import { methods, required } from "../../option-rules.ts";
import type { OptionRule } from "../../options.ts";

export const queriesRule: OptionRule = required(
  methods("a Map of query texts by id", "get", "entries"),
);

/**
 * The texts of the judged queries, in the order of the judgements; queries without grades are left out.
 *
 * @throws RetrievalError `invalid-input` if a judged query has no text, or no query is judged.
 */
export function judgedQueries(
  queries: ReadonlyMap<string, string>,
  judgements: Judgements,
  option: string = "queries",
): Map<string, string> {
  const judged = [...judgements].filter(([, grades]) => grades.size > 0).map(([query]) => query);
  const texts = new Map<string, string>();
  for (const query of judged) {
    const text = queries.get(query);
    if (text !== undefined) texts.set(query, text);
  }
  const missing = judged.filter((query) => !texts.has(query));
  if (missing.length === 0 && judged.length > 0) return texts;
  throw new RetrievalError(
    "invalid-input",
    judged.length === 0
      ? "Expected judgements for at least one query, got none."
      : `Expected a text in \`${option}\` for each judged query, but ${missing.length} of ${judged.length} have none, for example ` +
          `${JSON.stringify(missing[0])}: add their texts, or leave out their judgements.`,
  );
}

/** A hash of ids and texts in their order; a resumed run must have the same. */
export function hashQueries(queries: ReadonlyMap<string, string>): string {
  return createHash("sha256")
    .update(JSON.stringify([...queries]))
    .digest("hex");
}

/** Returns the measures if there is at least one and their names are unique. */
export function requireMeasures(
  measures: readonly Measure[],
): readonly [Measure, ...(readonly Measure[])] {
  requireMeasureList(measures);
  const [first, ...others] = measures;
  const names = measures.map(({ name }) => name);
  if (first !== undefined && new Set(names).size === names.length) return [first, ...others];
  throw new RetrievalError(
    "invalid-input",
    `Expected at least one measure in \`measures\`, each once, got ${names.join(", ") || "none"}.`,
  );
}
