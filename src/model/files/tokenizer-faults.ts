import { join } from "node:path";
import { excerptOf } from "../../text/printable.ts";
import { readJson } from "./json-file.ts";
import { readSettings } from "./model-settings.ts";
import { packPair, type Truncation } from "../tokens/packing.ts";
import {
  readTemplates,
  type SequenceTemplates,
  type TemplatePiece,
} from "../tokens/pair-template.ts";

/**
 * Signs that the `tokenizer.json` in a folder does not belong to its `config.json`; empty if there are none.
 */
export async function findTokenizerFaults(folder: string): Promise<string[]> {
  const path = join(folder, "tokenizer.json");
  const [tokenizer, config, names] = await Promise.all([
    readJson(path),
    readJson(join(folder, "config.json")),
    readJson(join(folder, "tokenizer_config.json")).catch(() => ({})),
  ]);
  const ids = tokenIds(tokenizer);
  const { prompt } = await readSettings(folder);
  return [
    ...sizeFaults(ids, config["vocab_size"]),
    ...paddingFaults(ids, names, config["pad_token_id"]),
    ...(prompt ? [] : templateFaults(readTemplates(tokenizer, path), new Set(ids.values()))),
  ];
}

/** Special tokens that a very long pair loses when it is packed; empty if it keeps them all. */
export function findCutSeparators(
  templates: SequenceTemplates,
  { maxTokens, truncation }: { readonly maxTokens: number; readonly truncation: Truncation },
): string[] {
  const specials = templates.pair.flatMap((piece) => ("token" in piece ? [piece.token] : []));
  const filler = Math.max(0, ...specials) + 1;
  const long = new Int32Array(maxTokens * 2).fill(filler);
  const { ids } = packPair(long.subarray(0, 8), long, { templates, maxTokens, truncation });
  const kept = [...ids].filter((id) => id !== filler);
  if (ids.length > maxTokens) return [`${ids.length} tokens in a window of ${maxTokens}`];
  return kept.join() === specials.join()
    ? []
    : [`special tokens ${kept.join()} of ${specials.join()}`];
}

/** A vocabulary may be slightly smaller than the embedding table, which is often padded, but never larger. */
function sizeFaults(ids: ReadonlyMap<string, number>, vocabSize: unknown): string[] {
  if (typeof vocabSize !== "number") return [];
  const needed = [...ids.values()].reduce((most, id) => Math.max(most, id + 1), 0);
  if (needed <= vocabSize && needed >= vocabSize * smallestShare) return [];
  return [`it has ${needed} token ids, but config.json says ${vocabSize}`];
}

/** Embedding tables are padded by at most 2 %, to a multiple of 64 or 1024. */
const smallestShare = 0.97;

function paddingFaults(
  ids: ReadonlyMap<string, number>,
  names: Readonly<Record<string, unknown>>,
  padTokenId: unknown,
): string[] {
  const named: unknown = names["pad_token"];
  const name: unknown =
    typeof named === "object" && named !== null ? Reflect.get(named, "content") : named;
  if (typeof name !== "string" || typeof padTokenId !== "number") return [];
  const id = ids.get(name);
  if (id === padTokenId) return [];
  return [
    `the id of its padding token ${excerptOf(name)} is ${id ?? "missing"}, but config.json says ${padTokenId}`,
  ];
}

function templateFaults({ pair }: SequenceTemplates, known: ReadonlySet<number>): string[] {
  const positionOf = (sequence: "first" | "second"): number =>
    pair.findIndex((piece) => "sequence" in piece && piece.sequence === sequence);
  const [first, second] = [positionOf("first"), positionOf("second")];
  const unknown = pair.filter((piece) => "token" in piece && !known.has(piece.token));
  return [
    ...(first === -1 || second === -1 ? ["its pair template omits a text"] : []),
    ...(pair.slice(first + 1, second).some(isToken) ? [] : ["no separator between the two texts"]),
    ...(unknown.length === 0 ? [] : ["its template uses tokens that are not in its vocabulary"]),
  ];
}

function isToken(piece: TemplatePiece): boolean {
  return "token" in piece;
}

/**
 * Every token of `tokenizer.json` with its id; the file has an object, or a list of tokens and scores by id.
 */
function tokenIds(tokenizer: Readonly<Record<string, unknown>>): Map<string, number> {
  const vocab: unknown = Reflect.get(Object(tokenizer["model"]), "vocab");
  const ids = new Map<string, number>();
  const add = (token: unknown, id: unknown): void => {
    if (typeof token === "string" && typeof id === "number") ids.set(token, id);
  };
  if (Array.isArray(vocab)) {
    for (const [id, entry] of vocab.entries()) add(Array.isArray(entry) ? entry[0] : entry, id);
  } else {
    for (const [token, id] of Object.entries(Object(vocab))) add(token, id);
  }
  const added: unknown = tokenizer["added_tokens"];
  for (const entry of Array.isArray(added) ? added : []) {
    add(Reflect.get(Object(entry), "content"), Reflect.get(Object(entry), "id"));
  }
  return ids;
}
