import { requireWholeNumber } from "../../errors.ts";

/** Returns a cutoff of at least 1; `Infinity` stands for the whole ranking. */
export function requireCutoff(cutoff: number): number {
  return cutoff === Infinity ? cutoff : requireWholeNumber("cutoff", cutoff, 1);
}
