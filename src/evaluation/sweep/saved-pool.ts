import type { StageRank } from "../../documents/provenance.ts";
import { readTimes } from "../experiment/saved-outcome.ts";
import type { SavedValue } from "../saved-value.ts";
import type { Pool, PoolDocument } from "./pool.ts";

/** A pool as plain data, which JSON preserves exactly. */
export function writePool({ stages, ...pool }: Pool): unknown {
  return { ...pool, stages: [...stages] };
}

/**
 * Reads the JSON of `writePool`.
 *
 * @throws RetrievalError `invalid-input` if it is anything else.
 */
export function readPool(saved: SavedValue): Pool {
  return {
    documents: saved.get("documents").list().map(readDocument),
    stages: readTimes(saved.get("stages")),
    firstStageMs: saved.get("firstStageMs").number(0),
    rerankMs: saved.get("rerankMs").number(0),
  };
}

function readDocument(saved: SavedValue): PoolDocument {
  return {
    id: saved.get("id").text(),
    firstScore: saved.get("firstScore").number(),
    dense: saved.get("dense").optional(readRank),
    lexical: saved.get("lexical").optional(readRank),
    fused: saved.get("fused").optional(readRank),
    rawScore: saved.get("rawScore").optional((one) => one.number()),
    relevance: saved.get("relevance").number(),
    characters: saved.get("characters").wholeNumber(0),
    truncatedTokens: saved.get("truncatedTokens").wholeNumber(0),
    windows: saved.get("windows").optional((one) => one.wholeNumber(1)),
  };
}

function readRank(saved: SavedValue): StageRank {
  return { rank: saved.get("rank").wholeNumber(1), score: saved.get("score").number() };
}
