import { requireNumber } from "../../errors.ts";

/** The significance level: the accepted probability of reporting a difference where there is none. */
export interface LevelOption {
  /** From 0.001 to 0.5; a confidence interval covers the rest, 95 % at 0.05. @defaultValue 0.05 */
  readonly level?: number | undefined;
}

/** The validated level of these options. */
export function levelOf({ level = 0.05 }: LevelOption): number {
  return requireNumber("level", level, 0.001, 0.5);
}
