import { join } from "node:path";
import { describe, RetrievalError } from "../../errors.ts";
import type { RoleSettings, TextRole } from "../tokens/token-reading.ts";
import { countIn } from "../tokens/window.ts";
import { normalizeTokens } from "./head-modules.ts";
import { readJsonIfPresent } from "./json-file.ts";
import type { CatalogRow } from "./model-row.ts";
import { readChain, type ModuleChain } from "./module-chain.ts";
import { classOf, listModules } from "./module-files.ts";
import { promptOf } from "./prompts.ts";

/** How a multi-vector model (late interaction, ColBERT) reads texts, and what it gives for each token. */
export interface MultiVectorSettings {
  readonly roles: Readonly<Record<TextRole, RoleSettings>>;
  /** Whether the files are older than sentence-transformers 6, so that any word of the vocabulary may be a marker. */
  readonly isLegacy: boolean;
  /** Whether a score is divided by the number of the query's vectors. */
  readonly isAveraged: boolean;
  /** How many numbers a token vector has, if the graph alone has to give them. */
  readonly dimensions: number | undefined;
  readonly chain: ModuleChain;
}

type Fields = Readonly<Record<string, unknown>>;

/** The parsed files beside a graph; an absent file has no fields. */
interface MultiVectorFiles {
  readonly folder: string;
  readonly config: Fields;
  readonly tokenizer: Fields;
  /** `sentence_bert_config.json` */
  readonly sentence: Fields;
  /** `config_sentence_transformers.json` */
  readonly encoder: Fields;
}

/**
 * Reads the settings of a model that sentence-transformers 6, PyLate or Stanford's ColBERT saved; `undefined` for
 * other models.
 *
 * @see `MultiVectorEncoder` of sentence-transformers
 */
export async function readMultiVector(
  files: MultiVectorFiles,
  row: CatalogRow | undefined,
): Promise<MultiVectorSettings | undefined> {
  const { config, encoder } = files;
  if (row?.kind === "multi-vector") {
    return { ...(await readStanford(files)), dimensions: row.dimensions };
  }
  const { model_type: type } = encoder;
  if (type === "MultiVectorEncoder") return readNative(files);
  const isPyLate = type === "ColBERT" || "query_prefix" in encoder || "document_prefix" in encoder;
  if (isPyLate) return readPyLate(files);
  const { architectures } = config;
  const isStanford = Array.isArray(architectures) && architectures.includes("HF_ColBERT");
  return isStanford ? readStanford(files) : undefined;
}

async function readNative(files: MultiVectorFiles): Promise<MultiVectorSettings> {
  const { folder, sentence, encoder } = files;
  const path = join(folder, "sentence_bert_config.json");
  const mask = await readMask(folder);
  return {
    roles: {
      query: {
        prompt: promptOf(encoder, "query"),
        maxTokens: countIn(sentence, "query_length", path),
        expansion: readExpansion(sentence["query_expansion"], files, path),
        skippedWords: mask.roles.includes("query") ? mask.words : [],
      },
      document: {
        prompt: promptOf(encoder, "document", "passage", "corpus"),
        maxTokens: countIn(sentence, "document_length", path),
        expansion: undefined,
        skippedWords: mask.roles.includes("document") ? mask.words : [],
      },
    },
    isLegacy: false,
    isAveraged: encoder["similarity_fn_name"] === "meanmaxsim",
    dimensions: undefined,
    chain: await readChain(folder, "tokens"),
  };
}

async function readPyLate(files: MultiVectorFiles): Promise<MultiVectorSettings> {
  const { folder, encoder } = files;
  const path = join(folder, "config_sentence_transformers.json");
  const length = countIn(encoder, "query_length", path);
  const stated = encoder["query_expansion"];
  const isStated = "query_expansion" in encoder;
  const attend = encoder["attend_to_expansion_tokens"] ?? encoder["attend_to_mask_tokens"] ?? false;
  const implied =
    encoder["do_query_expansion"] === false
      ? undefined
      : { strategy: "fixed", attend, length: length ?? usualQueryLength };
  const promptWith = (prefix: unknown, ...names: readonly string[]): string => {
    const marker = typeof prefix === "string" ? prefix : "";
    const prompt = promptOf(encoder, ...names);
    return marker + (prompt.startsWith(marker) ? prompt.slice(marker.length) : prompt);
  };
  const chain = await readChain(folder, "tokens");
  return {
    roles: {
      query: {
        prompt: promptWith(encoder["query_prefix"], "query"),
        maxTokens: length,
        expansion: readExpansion(isStated ? stated : implied, files, path),
        skippedWords: [],
      },
      document: {
        prompt: promptWith(encoder["document_prefix"], "document"),
        maxTokens: countIn(encoder, "document_length", path),
        expansion: undefined,
        skippedWords: wordsIn(encoder["skiplist_words"], path) ?? punctuation,
      },
    },
    isLegacy: true,
    isAveraged: encoder["similarity_fn_name"] === "meanmaxsim",
    dimensions: undefined,
    chain: [
      ...chain.filter(({ kind }) => kind === "dense" || kind === "unsupported"),
      normalizeTokens,
    ],
  };
}

async function readStanford(files: MultiVectorFiles): Promise<MultiVectorSettings> {
  const path = join(files.folder, "artifact.metadata");
  const metadata = await readJsonIfPresent(path);
  const marker = (name: string, usual: string): string => {
    const given = metadata[name];
    return `${typeof given === "string" && given !== "" ? given : usual} `;
  };
  const expansion = {
    strategy: "fixed",
    attend: metadata["attend_to_mask_tokens"] === true,
    length: countIn(metadata, "query_maxlen", path) ?? usualQueryLength,
  };
  return {
    roles: {
      query: {
        prompt: marker("query_token_id", "[unused0]"),
        maxTokens: undefined,
        expansion: readExpansion(expansion, files, path),
        skippedWords: [],
      },
      document: {
        prompt: marker("doc_token_id", "[unused1]"),
        maxTokens: countIn(metadata, "doc_maxlen", path),
        expansion: undefined,
        skippedWords: metadata["mask_punctuation"] === false ? [] : punctuation,
      },
    },
    isLegacy: true,
    isAveraged: false,
    // The projection is among the weights of the encoder, so a graph without it would be of no use.
    dimensions: countIn(metadata, "dim", path),
    chain: [normalizeTokens],
  };
}

const usualQueryLength = 32;

/** `string.punctuation` of Python. */
const punctuation: readonly string[] = Array.from("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~");

/** Which tokens are not compared, as the module `MultiVectorMask` says. */
async function readMask(
  folder: string,
): Promise<{ readonly words: readonly string[]; readonly roles: readonly string[] }> {
  const mask = (await listModules(folder)).find(({ type }) => classOf(type) === "MultiVectorMask");
  if (!mask) return { words: [], roles: [] };
  const path = join(folder, mask.path, "config.json");
  const config = await readJsonIfPresent(path);
  const kept = config["keep_only_token_ids"];
  if (kept !== undefined && kept !== null) {
    throw new RetrievalError(
      "model-mismatch",
      `Expected a model for texts, but ${path} has \`keep_only_token_ids\`, which is for images: pass another model.`,
    );
  }
  return {
    words: wordsIn(config["skiplist_words"], path) ?? [],
    roles: wordsIn(config["skiplist_tasks"], path) ?? ["document"],
  };
}

function wordsIn(value: unknown, path: string): readonly string[] | undefined {
  if (value === undefined || value === null) return undefined;
  const words: unknown[] = Array.isArray(value) ? value : [value];
  const isValid = words.every((word): word is string => typeof word === "string");
  if (isValid) return words;
  throw malformed("a list of words", value, path);
}

function readExpansion(
  value: unknown,
  { tokenizer }: MultiVectorFiles,
  path: string,
): RoleSettings["expansion"] {
  if (value === undefined || value === null) return undefined;
  const fields: Fields = { ...Object(value) };
  const { strategy, attend = false } = fields;
  const length = countIn(fields, "length", path);
  const isKnown = strategy === "fixed" || strategy === "min";
  if (!isKnown || typeof attend !== "boolean" || length === undefined) {
    throw malformed("`query_expansion` with `strategy`, `attend` and `length`", value, path);
  }
  const token =
    wordOf(fields["token"]) ?? wordOf(tokenizer["mask_token"]) ?? wordOf(tokenizer["eos_token"]);
  return {
    length,
    isSeen: attend,
    isWindow: strategy === "fixed",
    token: token ?? "[MASK]",
  };
}

/** A special token is a string, or an object with its `content`. */
function wordOf(token: unknown): string | undefined {
  const word: unknown = typeof token === "object" ? Reflect.get(Object(token), "content") : token;
  return typeof word === "string" ? word : undefined;
}

function malformed(expected: string, value: unknown, path: string): RetrievalError {
  return new RetrievalError(
    "model-damaged",
    `Expected ${expected} in ${path}, got ${describe(value)}: delete the file and fetch it again.`,
  );
}
