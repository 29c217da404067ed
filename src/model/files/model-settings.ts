import { join } from "node:path";
import { decoderOf, windowOfT5, type DecoderSettings } from "./encoder-decoder.ts";
import { normalizeText, type LogitScoreModule } from "./head-modules.ts";
import { readJson, readJsonIfPresent } from "./json-file.ts";
import { answersOf, readPrompt } from "./reranker-prompt.ts";
import type { BiEncoderRow, CatalogRow } from "./model-row.ts";
import { readChain, type ModuleChain } from "./module-chain.ts";
import { readMultiVector, type MultiVectorSettings } from "./multi-vector-settings.ts";
import { promptOf } from "./prompts.ts";
import type { Truncation } from "../tokens/packing.ts";
import { monoT5Prompt, type PairPrompt } from "../tokens/pair-prompt.ts";
import type { Pooling } from "../tokens/pooling.ts";
import { countIn, padTokenOf, readWindow, type ModelWindow } from "../tokens/window.ts";

/** How to feed a model and read its output: from its row in the catalogue, or else from its files. */
export interface ModelSettings extends ModelWindow {
  readonly padToken: number;
  readonly truncation: Truncation;
  /** The modules after the graph; empty if neither row nor files name any. */
  readonly chain: ModuleChain;
  /** The prompt of a reranker that has one. */
  readonly prompt: PairPrompt | undefined;
  /** The tokens that a language model answers with, if it is known without a module. */
  readonly answers: LogitScoreModule | undefined;
  /** How to run the decoder of a model that also has an encoder; `undefined` for other models. */
  readonly decoder: DecoderSettings | undefined;
  readonly queryPrefix: string;
  readonly documentPrefix: string;
  /** `undefined` for other models. */
  readonly multiVector: MultiVectorSettings | undefined;
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
  "artifact.metadata",
  "chat_template.jinja",
] as const;

/**
 * Reads the settings of the model in `folder`; the row overrides the files.
 *
 * @see `Transformer.max_seq_length` and `prompts` of sentence-transformers
 */
export async function readSettings(folder: string, row?: CatalogRow): Promise<ModelSettings> {
  const configPath = join(folder, "config.json");
  const config = await readJson(configPath);
  const parsed = settingsFiles.slice(0, 3); // The others are read where they belong.
  const [tokenizer = {}, sentence = {}, encoder = {}] = await Promise.all(
    parsed.map((name) => readJsonIfPresent(join(folder, name))),
  );
  const stated =
    countIn(sentence, "max_seq_length", join(folder, "sentence_bert_config.json")) ??
    countIn(tokenizer, "model_max_length", join(folder, "tokenizer_config.json"));
  const multiVector = await readMultiVector({ folder, config, tokenizer, sentence, encoder }, row);
  const bi = row?.kind === "bi-encoder" ? row : undefined;
  const chain =
    multiVector?.chain ??
    (bi?.pooling === undefined ? await readChain(folder) : chainOf(bi, bi.pooling));
  const isReranker = bi === undefined && multiVector === undefined;
  const decoder = isReranker && chain.length === 0 ? decoderOf(config, configPath) : undefined;
  // Tokenizers of T5 often state no limit, as a number beyond all windows.
  const ownWindow = decoder && !(stated !== undefined && stated <= 8192) ? windowOfT5 : stated;
  return {
    ...readWindow(config, row?.maxTokens ?? ownWindow, configPath),
    padToken: padTokenOf(config, configPath),
    truncation: row?.kind === "cross-encoder" ? row.truncation : "longest-first",
    chain,
    prompt: decoder
      ? monoT5Prompt
      : isReranker
        ? await readPrompt(folder, { config, tokenizer, sentence, prompts: encoder })
        : undefined,
    decoder,
    answers: isReranker && chain.length === 0 ? await answersOf(folder, config) : undefined,
    queryPrefix: bi?.queryPrefix ?? promptOf(encoder, "query"),
    documentPrefix: bi?.documentPrefix ?? promptOf(encoder, "document", "passage", "corpus"),
    multiVector,
    defaultPrompt: promptOf(encoder, String(encoder["default_prompt_name"])),
  };
}

/** The head of a bi-encoder of the catalogue. */
function chainOf({ isNormalized }: BiEncoderRow, mode: Pooling): ModuleChain {
  const pool = { kind: "pooling", modes: [mode], includesPrompt: true } as const;
  return isNormalized ? [pool, normalizeText] : [pool];
}
