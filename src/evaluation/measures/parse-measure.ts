import { RetrievalError } from "../../errors.ts";
import { averagePrecision } from "./average-precision.ts";
import { judged } from "./judged.ts";
import type { Measure, RelevanceOptions } from "./measure.ts";
import { nDCG } from "./ndcg.ts";
import { precision } from "./precision.ts";
import { recall } from "./recall.ts";
import { reciprocalRank } from "./reciprocal-rank.ts";
import { success } from "./success.ts";

interface Notation {
  readonly cutoff: "required" | "optional";
  readonly level: "takes" | "none";
  readonly measure: (cutoff: number, options: RelevanceOptions) => Measure;
}

const notations = {
  nDCG: { cutoff: "optional", level: "none", measure: (cutoff) => nDCG(cutoff) },
  RR: { cutoff: "optional", level: "takes", measure: reciprocalRank },
  AP: { cutoff: "optional", level: "takes", measure: averagePrecision },
  P: { cutoff: "required", level: "takes", measure: precision },
  R: { cutoff: "required", level: "takes", measure: recall },
  Success: { cutoff: "required", level: "takes", measure: success },
  Judged: { cutoff: "optional", level: "none", measure: (cutoff) => judged(cutoff) },
} as const satisfies Record<string, Notation>;

const pattern = /^(?<symbol>\w+)(?:\(rel=(?<level>\d+)\))?(?:@(?<cutoff>\d+))?$/;

/**
 * The measure with this name: for every measure of this package, `parseMeasure(measure.name)` is equivalent to
 * it.
 *
 * @throws RetrievalError `invalid-option` for any other name.
 */
export function parseMeasure(name: string): Measure {
  const { symbol = "", level, cutoff } = pattern.exec(name)?.groups ?? {};
  const notation = isSymbol(symbol) ? notations[symbol] : undefined;
  if (
    !notation ||
    (cutoff === undefined && notation.cutoff === "required") ||
    (level !== undefined && notation.level === "none")
  ) {
    throw new RetrievalError(
      "invalid-option",
      `Expected the name of a measure, such as nDCG@10, nDCG, RR@10, AP, AP(rel=2)@100, P@3, R@5, Success@1 or Judged@10, got ${JSON.stringify(name)}.`,
    );
  }
  return notation.measure(cutoff === undefined ? Infinity : Number(cutoff), {
    relevanceLevel: level === undefined ? 1 : Number(level),
  });
}

function isSymbol(symbol: string): symbol is keyof typeof notations {
  return Object.hasOwn(notations, symbol);
}
