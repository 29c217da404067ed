import { join } from "node:path";
import { normalizeText } from "./head-modules.ts";
import { readJson, readJsonIfPresent } from "./json-file.ts";
import type { BiEncoderRow, CrossEncoderRow } from "./model-catalog.ts";
import { readChain, type ModuleChain } from "./module-chain.ts";
import type { Truncation } from "../tokens/packing.ts";
import type { Pooling } from "../tokens/pooling.ts";
import { countIn, padTokenOf, readWindow, type ModelWindow } from "../tokens/window.ts";

/** How to feed a model and read its output: from its row in the catalogue, or else from its files. */
export interface ModelSettings extends ModelWindow {
  readonly padToken: number;
  readonly truncation: Truncation;
  /** The modules after the graph; empty if neither row nor files name any. */
  readonly chain: ModuleChain;
  readonly queryPrefix: string;
  readonly documentPrefix: string;
  /** What a cross-encoder reads before each query. */
  readonly defaultPrompt: string;
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
    settingsFiles.slice(0, 3).map((name) => readJsonIfPresent(join(folder, name))),
  );
  const stated =
    countIn(sentence, "max_seq_length", join(folder, "sentence_bert_config.json")) ??
    countIn(tokenizer, "model_max_length", join(folder, "tokenizer_config.json"));
  const bi = row?.kind === "bi-encoder" ? row : undefined;
  return {
    ...readWindow(config, row?.maxTokens ?? stated, configPath),
    padToken: padTokenOf(config, configPath),
    truncation: row?.kind === "cross-encoder" ? row.truncation : "longest-first",
    chain: bi?.pooling === undefined ? await readChain(folder) : chainOf(bi, bi.pooling),
    queryPrefix: bi?.queryPrefix ?? promptOf(prompts, "query"),
    documentPrefix: bi?.documentPrefix ?? promptOf(prompts, "document", "passage", "corpus"),
    defaultPrompt: promptOf(prompts, String(prompts?.["default_prompt_name"])),
  };
}

/**
 * The first of the prompts that the model has; "" if it has none. For a bi-encoder, the default prompt is for texts
 * that are neither queries nor documents.
 *
 * @see `encode_query`, `encode_document` and, for the default prompt, `predict` of sentence-transformers
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
