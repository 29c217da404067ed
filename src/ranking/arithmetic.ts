import { RetrievalError } from "../errors.ts";

/**
 * How a model's matrix products are computed on this machine:
 *
 * - `"float"`: in floating point.
 * - `"int8"`: in int8, summed exactly by the processor's native kernels.
 * - `"int8-widened"`: in int8, summed exactly by slower kernels, because the native ones saturate.
 * - `"int8-saturating"`: in int8, with sums clipped to 16 bits: scores differ from those of every other
 *   arithmetic, by more than a logit.
 */
export type Arithmetic = "float" | "int8" | "int8-widened" | "int8-saturating";

/** All arithmetics, from the most exact to the least. */
export const arithmetics: readonly Arithmetic[] = [
  "float",
  "int8",
  "int8-widened",
  "int8-saturating",
];

/**
 * Refuses to apply what was made from scores of one arithmetic to scores of another. Only saturating sums
 * matter: in all other arithmetics the same file gives the same scores, up to rounding. `undefined`, for a
 * scorer that runs no local model, matches everything.
 *
 * @throws RetrievalError `model-mismatch`
 */
export function requireSameScores(
  what: string,
  { madeWith, inUse }: Readonly<Record<"madeWith" | "inUse", Arithmetic | undefined>>,
): void {
  if (madeWith === undefined || inUse === undefined || saturates(madeWith) === saturates(inUse)) {
    return;
  }
  const [theirs, ours] = saturates(madeWith) ? ["saturating", "exact"] : ["exact", "saturating"];
  throw new RetrievalError(
    "model-mismatch",
    `Expected ${what} made with ${ours} scores, as this machine computes them, got one made with ${theirs} int8 scores, which differ by more than one logit: create it again on this machine.`,
  );
}

function saturates(arithmetic: Arithmetic): boolean {
  return arithmetic === "int8-saturating";
}
