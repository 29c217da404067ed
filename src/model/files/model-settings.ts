import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { RetrievalError } from "../../errors.ts";
import { isLfsPointer, lfsRemedy } from "./lfs-pointer.ts";
import type { BiEncoderRow, CrossEncoderRow, Pooling } from "./model-catalog.ts";
import type { Truncation } from "../tokens/packing.ts";

/** How to feed a model and read its output: from its row in the catalogue, or else from its files. */
export interface ModelSettings {
  /** Length of the window in tokens, including special tokens. */
  readonly maxTokens: number;
  /** Maximum number of positions in the position table. */
  readonly positionLimit: number;
  readonly padToken: number;
  readonly truncation: Truncation;
  /** `undefined` if neither row nor files say; only a bi-encoder needs it. */
  readonly pooling: Pooling | undefined;
  readonly isNormalized: boolean;
  readonly queryPrefix: string;
  readonly documentPrefix: string;
}

/** Small files beside the graph that say how to use a model; only `config.json` is required. */
export const settingsFiles = [
  "tokenizer_config.json",
  "sentence_bert_config.json",
  "config_sentence_transformers.json",
  "modules.json",
  "1_Pooling/config.json",
] as const;

/**
 * Reads the settings of the model in `folder`; the row overrides the files.
 *
 * @see `Transformer.max_seq_length`, `Pooling` and `prompts` of sentence-transformers
 */
export async function readSettings(
  folder: string,
  row?: BiEncoderRow | CrossEncoderRow,
): Promise<ModelSettings> {
  const configPath = join(folder, "config.json");
  const config = await readJson(configPath);
  const [tokenizer, sentence, prompts, modules, pooling] = await Promise.all(
    settingsFiles.map((name) => readJson(join(folder, name)).catch(absentIsEmpty)),
  );
  const positions = countIn(config, "max_position_embeddings", configPath) ?? Infinity;
  // RoBERTa and its relatives number positions after the padding token: 514 rows hold 512 tokens. Some
  // configurations use -1 for "no padding token".
  const padToken = countIn(config, "pad_token_id", configPath, -1) ?? 0;
  const isRoberta = /roberta|camembert|mpnet/.test(JSON.stringify(config["model_type"] ?? ""));
  const positionLimit = isRoberta ? positions - padToken - 1 : positions;
  const stated =
    countIn(sentence, "max_seq_length", join(folder, "sentence_bert_config.json")) ??
    countIn(tokenizer, "model_max_length", join(folder, "tokenizer_config.json"));
  const bi = row?.kind === "bi-encoder" ? row : undefined;
  return {
    maxTokens: Math.min(row?.maxTokens ?? Math.min(stated ?? Infinity, 8192), positionLimit),
    positionLimit,
    padToken,
    truncation: row?.kind === "cross-encoder" ? row.truncation : "longest-first",
    pooling: bi?.pooling ?? poolingOf(pooling),
    // Matches the class in whichever module a version of the library has it.
    isNormalized: bi?.isNormalized ?? JSON.stringify(modules ?? "").includes('.Normalize"'),
    queryPrefix: bi?.queryPrefix ?? promptOf(prompts, "query"),
    documentPrefix: bi?.documentPrefix ?? promptOf(prompts, "document", "passage", "corpus"),
  };
}

/**
 * The first of the prompts that the model has; "" if it has none. A default prompt is for texts that are neither
 * queries nor documents.
 *
 * @see `encode_query` and `encode_document` of sentence-transformers
 */
function promptOf(config: unknown, ...names: readonly string[]): string {
  const prompts: object = Object(Reflect.get(Object(config), "prompts"));
  const name = names.find((each) => Object.hasOwn(prompts, each)) ?? "";
  const prompt: unknown = Reflect.get(prompts, name);
  return typeof prompt === "string" ? prompt : "";
}

/** Reads a JSON file that must hold an object. */
export async function readJson(path: string): Promise<Record<string, unknown>> {
  const text = await readFile(path, "utf8");
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed === "object" && parsed !== null) return { ...parsed };
    throw new TypeError("The JSON value is not an object.");
  } catch (cause) {
    const came = isLfsPointer(text)
      ? lfsRemedy
      : "something else: delete the file and fetch it again";
    throw new RetrievalError("model-damaged", `Expected JSON in ${path}, got ${came}.`, { cause });
  }
}

function absentIsEmpty(error: NodeJS.ErrnoException): Record<string, unknown> {
  if (error.code === "ENOENT") return {};
  throw error;
}

/** A whole number from a configuration; `undefined` if absent. */
function countIn(
  values: Readonly<Record<string, unknown>> | undefined,
  name: string,
  path: string,
  least: number = 1,
): number | undefined {
  const value = values?.[name];
  if (typeof value !== "number") return undefined;
  if (Number.isInteger(value) && value >= least) return value;
  throw new RetrievalError(
    "model-damaged",
    `Expected \`${name}\` in ${path} to be a whole number of at least ${least}, got ${value}: delete the file and fetch it again.`,
  );
}

/**
 * Reads one mode by name, or one flag per mode as older versions wrote it. Combined pooling modes are not
 * supported.
 */
function poolingOf(config: Readonly<Record<string, unknown>> = {}): Pooling | undefined {
  const flags = Object.keys(config).filter(
    (name) => name.startsWith("pooling_mode_") && config[name] === true,
  );
  const mode = flags.length === 0 ? config["pooling_mode"] : flags.join(" ");
  if (mode === "cls" || mode === "pooling_mode_cls_token") return "cls";
  return mode === "mean" || mode === "pooling_mode_mean_tokens" ? "mean" : undefined;
}

/** Returns the requested window or else the model's own; refuses one with more tokens than positions. */
export function windowOf(
  { maxTokens, positionLimit }: ModelSettings,
  wanted: number | undefined,
): number {
  if (wanted === undefined || wanted <= positionLimit) return wanted ?? maxTokens;
  throw new RetrievalError(
    "invalid-option",
    `Expected \`maxTokens\` to be at most ${positionLimit}, the number of positions of this model, got ${wanted}.`,
  );
}
