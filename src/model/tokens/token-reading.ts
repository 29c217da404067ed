import { RetrievalError } from "../../errors.ts";
import {
  packExpanded,
  packText,
  type PackedSequence,
  type PackingOptions,
  type QueryExpansion,
} from "./packing.ts";
import type { Vocabulary } from "./vocabulary.ts";

/** The two sides of a comparison, which a model may read differently. */
export type TextRole = "query" | "document";

/** How texts of one role become the rows of a multi-vector model, in the words of its files. */
export interface RoleSettings {
  /** Prepended to each text; may begin with a marker, which is a token of its own. */
  readonly prompt: string;
  /** Length of the window in tokens. */
  readonly maxTokens: number | undefined;
  /** How short texts are filled up; `token` is a word of the vocabulary. */
  readonly expansion:
    | (Omit<QueryExpansion, "token"> & { readonly token: string; readonly isWindow: boolean })
    | undefined;
  /** Tokens that are not compared. */
  readonly skippedWords: readonly string[];
}

/** The same in token ids. */
export interface TokenReading {
  /** Put before the tokens of each text. */
  readonly marker: Int32Array;
  /** Prepended to each text. */
  readonly prefix: string;
  /** Length of the window in tokens; `undefined` for the model's own. */
  readonly maxTokens: number | undefined;
  readonly expansion: QueryExpansion | undefined;
  readonly skipped: ReadonlySet<number>;
}

/**
 * Looks up the words in the vocabulary. A marker is a token that the tokenizer finds in any text; in the formats from
 * before sentence-transformers 6 (`isLegacy`) any word of the vocabulary. A prompt that begins with no marker is text.
 *
 * @see `MultiVectorEncoder._register_prefix_tokens` and `MultiVectorMask` of sentence-transformers
 */
export function readingOf(
  { prompt, maxTokens, expansion, skippedWords }: RoleSettings,
  vocabulary: Vocabulary,
  isLegacy: boolean,
): TokenReading {
  const [firstWord = ""] = /^\s*\S+/.exec(prompt) ?? [];
  const marked = [prompt, firstWord].find((piece) => {
    const isAdded = vocabulary.added(piece)?.isNormalized === false;
    return isAdded || (isLegacy && vocabulary.idOf(piece) !== undefined);
  });
  const marker = marked === undefined ? undefined : vocabulary.idOf(marked);
  const skipped = skippedWords.flatMap((word) => vocabulary.idOf(word) ?? []);
  return {
    marker: marker === undefined ? new Int32Array() : Int32Array.of(marker),
    prefix: prompt.slice(marked?.length ?? 0),
    maxTokens: windowIn(maxTokens, expansion),
    expansion: expansion && { ...expansion, token: requireToken(expansion.token, vocabulary) },
    skipped: new Set(skipped),
  };
}

/** An expansion sets the window, or at least its smallest size. */
function windowIn(
  maxTokens: number | undefined,
  expansion: RoleSettings["expansion"],
): number | undefined {
  if (expansion?.isWindow === true) return expansion.length;
  return maxTokens === undefined ? undefined : Math.max(maxTokens, expansion?.length ?? 0);
}

function requireToken(word: string, vocabulary: Vocabulary): number {
  const id = vocabulary.idOf(word);
  if (id !== undefined) return id;
  throw new RetrievalError(
    "model-mismatch",
    `Expected the token ${JSON.stringify(word)}, which fills short queries up, in the model's tokenizer.json, found none: use all files from the same model.`,
  );
}

/** Packs the tokens of a text, which include those of the prefix. */
export function packRead(
  tokens: Int32Array,
  { marker, expansion }: TokenReading,
  packing: PackingOptions,
): PackedSequence {
  const marked = new Int32Array(marker.length + tokens.length);
  marked.set(marker);
  marked.set(tokens, marker.length);
  return expansion ? packExpanded(marked, packing, expansion) : packText(marked, packing);
}
