import { requireNumber, requireWholeNumber } from "../errors.ts";

export interface FusionOptions {
  /**
   * How much each ranking counts: one number for each, at least 0, used as it is. A ranking of
   * weight 0 is left out as if it had not been passed: what it alone found does not appear. @defaultValue 1 for each
   */
  readonly weights?: readonly number[] | undefined;
  /** How many documents of each ranking count, from its first; at least 1. @defaultValue all */
  readonly window?: number | undefined;
}

/** Returns a copy of the options, checked; the caller's may change afterwards. */
export function requireFusionOptions({ weights, window }: FusionOptions): FusionOptions {
  return {
    weights: weights?.map((weight, index) => requireNumber(`weights[${index}]`, weight, 0)),
    window: window === undefined ? undefined : requireWholeNumber("window", window, 1),
  };
}
