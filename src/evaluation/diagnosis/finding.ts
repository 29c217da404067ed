/** The rule that found something: a stable name for callers to switch on. */
export type FindingCode =
  | "failed-queries"
  | "too-few-questions"
  | "synthetic-questions"
  | "harm"
  | "harm-on-kind"
  | "first-stage-recall"
  | "little-room"
  | "unused-room"
  | "small-gain"
  | "truncation"
  | "depth-past-peak"
  | "latency-over-budget"
  | "nothing-wrong";

/**
 * `error`: do not deploy this; `warning`: quality or time is lost; `info`: know this when you read the figures.
 */
export type Severity = "error" | "warning" | "info";

/** What a rule found in the figures, in words. */
export interface Finding {
  readonly code: FindingCode;
  readonly severity: Severity;
  /** The observation, with its numbers. */
  readonly message: string;
  /** What to do. */
  readonly remedy: string;
  /** The numbers in the message by name, unrounded; shares are in 0..1. */
  readonly figures: Readonly<Record<string, number>>;
}
