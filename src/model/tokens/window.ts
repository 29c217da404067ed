import { RetrievalError } from "../../errors.ts";

/** How many tokens a model reads at once. */
export interface ModelWindow {
  /** Length of the window in tokens, including special tokens. */
  readonly maxTokens: number;
  /** Maximum number of positions in the position table. */
  readonly positionLimit: number;
}

type Configuration = Readonly<Record<string, unknown>>;

/**
 * The window of a model: `stated` tokens, at most 8192, if its position table is large enough. `config` is the
 * content of its `config.json`; `origin` names it in errors.
 */
export function readWindow(
  config: Configuration,
  stated: number | undefined,
  origin: string,
): ModelWindow {
  const positions = countIn(config, "max_position_embeddings", origin) ?? Infinity;
  // RoBERTa and its relatives number positions after the padding token: 514 rows hold 512 tokens.
  const isRoberta = /roberta|camembert|mpnet/.test(JSON.stringify(config["model_type"] ?? ""));
  const positionLimit = isRoberta ? positions - padTokenOf(config, origin) - 1 : positions;
  return { maxTokens: Math.min(stated ?? Infinity, 8192, positionLimit), positionLimit };
}

/** The padding token; some configurations use -1 for "no padding token". */
export function padTokenOf(config: Configuration, origin: string): number {
  return countIn(config, "pad_token_id", origin, -1) ?? 0;
}

/** Returns the requested window or else the model's own; refuses one with more tokens than positions. */
export function windowOf(
  { maxTokens, positionLimit }: ModelWindow,
  wanted: number | undefined,
): number {
  if (wanted === undefined || wanted <= positionLimit) return wanted ?? maxTokens;
  throw new RetrievalError(
    "invalid-option",
    `Expected \`maxTokens\` to be at most ${positionLimit}, the number of positions of this model, got ${wanted}.`,
  );
}

/** A whole number from a configuration; `undefined` if absent. */
export function countIn(
  values: Configuration | undefined,
  name: string,
  origin: string,
  least: number = 1,
): number | undefined {
  const value = values?.[name];
  if (typeof value !== "number") return undefined;
  if (Number.isInteger(value) && value >= least) return value;
  throw new RetrievalError(
    "model-damaged",
    `Expected \`${name}\` in ${origin} to be a whole number of at least ${least}, got ${value}: delete the file and fetch it again.`,
  );
}
