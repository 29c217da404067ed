import { join } from "node:path";
import { RetrievalError } from "../../errors.ts";
import { normalizeText } from "./head-modules.ts";
import { countIn, readJson, readJsonIfPresent } from "./json-file.ts";
import type { BiEncoderRow, CrossEncoderRow, Pooling } from "./model-catalog.ts";
import { readChain, type ModuleChain } from "./module-chain.ts";
import type { Truncation } from "../tokens/packing.ts";

/** How to feed a model and read its output: from its row in the catalogue, or else from its files. */
export interface ModelSettings {
  /** Length of the window in tokens, including special tokens. */
  readonly maxTokens: number;
  /** Maximum number of positions in the position table. */
  readonly positionLimit: number;
  readonly padToken: number;
  readonly truncation: Truncation;
  /** The modules after the graph; empty if neither row nor files name any. */
  readonly chain: ModuleChain;
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
 * @see `Transformer.max_seq_length` and `prompts` of sentence-transformers
 */
export async function readSettings(
  folder: string,
  row?: BiEncoderRow | CrossEncoderRow,
): Promise<ModelSettings> {
  const configPath = join(folder, "config.json");
  const config = await readJson(configPath);
  const [tokenizer, sentence, prompts] = await Promise.all(
    settingsFiles.map((name) => readJsonIfPresent(join(folder, name))),
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
    chain: bi?.pooling === undefined ? await readChain(folder) : chainOf(bi, bi.pooling),
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

/** The head of a bi-encoder of the catalogue. */
function chainOf({ isNormalized }: BiEncoderRow, mode: Pooling): ModuleChain {
  const pool = { kind: "pooling", modes: [mode], includesPrompt: true } as const;
  return isNormalized ? [pool, normalizeText] : [pool];
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
