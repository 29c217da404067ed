import type { Evaluation } from "../../../src/evaluation/evaluate.ts";
import { deepFreeze } from "../../deep-freeze.ts";

/** An evaluation of the queries q0, q1, … that throws when it is written to. */
export function evaluationOf(name: string, values: readonly number[]): Evaluation {
  const perQuery = new Map(values.map((value, index) => [`q${index}`, value]));
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return deepFreeze({ name, perQuery, mean });
}
