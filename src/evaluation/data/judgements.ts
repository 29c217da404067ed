import { methods, required } from "../../option-rules.ts";
import type { OptionRule } from "../../options.ts";

/**
 * Grades of one query's documents by document id: at least 1 is relevant, and higher is better; 0 or less is
 * not relevant.
 */
export type Grades = ReadonlyMap<string, number>;

/**
 * Human judgements: the grades of each query's documents, by query id. A document without a grade is not
 * relevant.
 */
export type Judgements = ReadonlyMap<string, Grades>;

export const judgementsRule: OptionRule = required(
  methods("a Map, as judgementsFrom returns", "get", "entries"),
);
