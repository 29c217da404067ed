/** Which rule found something: a word that callers can switch on, and that stays. */
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

/** `error`: do not ship it so; `warning`: something is lost; `info`: know it when you read the figures. */
export type Severity = "error" | "warning" | "info";

/** What a rule found in the figures, in words. */
export interface Finding {
  readonly code: FindingCode;
  readonly severity: Severity;
  /** What was seen, with its numbers. */
  readonly message: string;
  /** The way out. */
  readonly remedy: string;
  /** The numbers of the message by name, unrounded; shares are in 0..1. */
  readonly figures: Readonly<Record<string, number>>;
}
