import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { RetrievalError } from "../../errors.ts";
import { isLfsPointer, lfsRemedy } from "./lfs-pointer.ts";
import type { BiEncoderRow, CrossEncoderRow } from "./model-catalog.ts";
import type { Truncation } from "../tokens/packing.ts";
import type { Pooling } from "../tokens/pooling.ts";
import { countIn, padTokenOf, readWindow, type ModelWindow } from "../tokens/window.ts";

/** How to feed a model and read its output: from its row in the catalogue, or else from its files. */
export interface ModelSettings extends ModelWindow {
  readonly padToken: number;
  readonly truncation: Truncation;
  /** `undefined` if neither row nor files say; only a bi-encoder needs it. */
  readonly pooling: Pooling | undefined;
  readonly isNormalized: boolean;
  readonly queryPrefix: string;
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
  const stated =
    countIn(sentence, "max_seq_length", join(folder, "sentence_bert_config.json")) ??
    countIn(tokenizer, "model_max_length", join(folder, "tokenizer_config.json"));
  const queryPrompt: unknown = Reflect.get(Object(prompts?.["prompts"]), "query");
  const bi = row?.kind === "bi-encoder" ? row : undefined;
  return {
    ...readWindow(config, row?.maxTokens ?? stated, configPath),
    padToken: padTokenOf(config, configPath),
    truncation: row?.kind === "cross-encoder" ? row.truncation : "longest-first",
    pooling: bi?.pooling ?? poolingOf(pooling),
    // Matches the class in whichever module a version of the library has it.
    isNormalized: bi?.isNormalized ?? JSON.stringify(modules ?? "").includes('.Normalize"'),
    queryPrefix: bi?.queryPrefix ?? (typeof queryPrompt === "string" ? queryPrompt : ""),
  };
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
