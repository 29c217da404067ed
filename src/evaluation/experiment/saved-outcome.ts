import type { SavedValue } from "../saved-value.ts";
import type { FoundDocument, QueryOutcome } from "./experiment-result.ts";

/** An outcome as plain data, which JSON preserves exactly. */
export function writeOutcome({
  documents,
  stages,
  milliseconds,
  stageFailures,
}: QueryOutcome): unknown {
  return {
    documents,
    stages: [...stages],
    milliseconds,
    stageFailures: stageFailures && [...stageFailures],
  };
}

/**
 * Reads the JSON of `writeOutcome`.
 *
 * @throws RetrievalError `invalid-input` if it is anything else.
 */
export function readOutcome(saved: SavedValue): QueryOutcome {
  const stageFailures = saved
    .get("stageFailures")
    .optional((pairs) => new Map(pairs.list().map((pair) => readPair(pair, (one) => one.text()))));
  return {
    documents: saved.get("documents").list().map(readDocument),
    stages: readTimes(saved.get("stages")),
    milliseconds: saved.get("milliseconds").number(0),
    ...(stageFailures === undefined ? {} : { stageFailures }),
  };
}

/** Milliseconds by stage. */
export function readTimes(saved: SavedValue): Map<string, number> {
  return new Map(saved.list().map((pair) => readPair(pair, (one) => one.number(0))));
}

/** A name with its value, written as an array of both. */
export function readPair<Value>(
  pair: SavedValue,
  read: (value: SavedValue) => Value,
): [string, Value] {
  return [pair.get("0").text(), read(pair.get("1"))];
}

function readDocument(saved: SavedValue): FoundDocument {
  return {
    id: saved.get("id").text(),
    text: saved.get("text").text(),
    rank: saved.get("rank").wholeNumber(1),
    firstRank: saved.get("firstRank").wholeNumber(1),
    rawScore: saved.get("rawScore").optional((one) => one.number()),
    truncatedTokens: saved.get("truncatedTokens").wholeNumber(0),
  };
}
