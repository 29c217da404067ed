import { describe, RetrievalError } from "../errors.ts";
import type { ScoreScale } from "../ranking/pair-scorer.ts";
import { printable } from "../text/printable.ts";
import type { Dialect } from "./dialects.ts";
import { redact } from "./redact.ts";

/** What an answer must contain, and how errors name the server and the answer. */
export interface Expected {
  readonly dialect: Pick<Dialect, "list" | "score">;
  readonly scale: ScoreScale;
  readonly count: number;
  readonly place: string;
  /** What came: status, content type and the first characters. */
  readonly came: string;
  /** Texts that no error may show. */
  readonly secrets: readonly string[];
}

/**
 * The scores in the text of an answer, in the order of the texts. Servers sort their results, so each has to
 * say which text it belongs to.
 *
 * @throws RetrievalError `server-answer-invalid` unless there is exactly one score on the scale for each text
 */
export function scoresIn(text: string, expected: Expected): number[] {
  const { dialect, scale, count } = expected;
  const shown = (value: unknown): string =>
    describe(typeof value === "string" ? redact(value, expected.secrets) : value);
  const scores = new Map<number, number>();
  for (const result of resultsIn(text, expected)) {
    const index: unknown = Reflect.get(Object(result), "index");
    const score: unknown = Reflect.get(Object(result), dialect.score);
    if (typeof index !== "number" || !Number.isInteger(index) || index < 0 || index >= count) {
      throw invalid(expected, `a result whose \`index\` is ${shown(index)}`);
    }
    if (scores.has(index)) throw invalid(expected, `two results with the \`index\` ${index}`);
    if (typeof score !== "number" || !Number.isFinite(score)) {
      throw invalid(expected, `the \`${dialect.score}\` ${shown(score)} for text ${index}`);
    }
    if (scale === "probability" && (score < 0 || score > 1)) {
      throw invalid(
        expected,
        `the score ${score} for text ${index}, which is not a probability; pass \`scale: "logit"\` if the model returns raw scores`,
      );
    }
    scores.set(index, score);
  }
  if (scores.size !== count) throw invalid(expected, `${scores.size} of them`);
  return Array.from({ length: count }, (_, index) => scores.get(index) ?? Number.NaN);
}

function resultsIn(text: string, expected: Expected): readonly unknown[] {
  const { list } = expected.dialect;
  let answer: unknown;
  try {
    answer = JSON.parse(text);
  } catch {
    // The parser's message would quote the text as it came.
    throw invalid(expected, "text that is not JSON");
  }
  const results: unknown = list === undefined ? answer : Reflect.get(Object(answer), list);
  if (Array.isArray(results)) return results;
  throw invalid(expected, list === undefined ? "no array" : `no array in \`${list}\``);
}

function invalid({ count, place, came, secrets }: Expected, got: string): RetrievalError {
  return new RetrievalError(
    "server-answer-invalid",
    `Expected ${count} scores from ${place}, got ${printable(redact(got, secrets))} (${came}): check \`url\` and \`dialect\`.`,
  );
}
