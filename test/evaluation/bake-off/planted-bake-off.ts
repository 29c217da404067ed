import { Document } from "@langchain/core/documents";
import { CrossEncoderReranker } from "../../../src/cross-encoder/cross-encoder-reranker.ts";
import type { CandidateSource } from "../../../src/documents/candidate-source.ts";
import { withProvenance } from "../../../src/documents/provenance.ts";
import {
  collectBakeOff,
  type BakeOffPools,
  type CollectBakeOffOptions,
} from "../../../src/evaluation/bake-off/collect-bake-off.ts";
import type { PairScorer } from "../../../src/ranking/pair-scorer.ts";
import { deepFreeze } from "../../deep-freeze.ts";

/** A number in 0..1 that depends on the text only. */
function noise(text: string): number {
  let hash = 2166136261;
  for (const character of text) {
    hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 16777619) >>> 0;
  }
  hash = Math.imul(hash ^ (hash >>> 15), 2246822519) >>> 0;
  return ((hash ^ (hash >>> 13)) >>> 0) / 2 ** 32;
}

const passages = Array.from({ length: 40 }, (_, index) =>
  deepFreeze(
    new Document({ id: `d${index}`, pageContent: `passage ${index} ${"word ".repeat(index % 7)}` }),
  ),
);

export const queries: ReadonlyMap<string, string> = new Map(
  Array.from({ length: 60 }, (_, index) => [`q${index}`, `question ${index}`]),
);

/** Two relevant passages for each query. */
export const judgements: ReadonlyMap<string, ReadonlyMap<string, number>> = new Map(
  Array.from(queries, ([id], index) => [
    id,
    new Map([
      [`d${(index * 7) % 40}`, 2],
      [`d${(index * 7 + 11) % 40}`, 1],
    ]),
  ]),
);

const idOf = new Map(Array.from(queries, ([id, text]) => [text, id]));

function gradeOf(query: string, id: string): number {
  return judgements.get(idOf.get(query) ?? "")?.get(id) ?? 0;
}

/** Finds passages by their grade with this much noise added; ranks and scores as this package's retrievers give them. */
export function sourceOf(name: string, amount: number): CandidateSource {
  return {
    async candidates(query, { k }) {
      return passages
        .map((passage) => ({
          passage,
          score:
            gradeOf(query, passage.id ?? "") + amount * noise(`${name} ${query} ${passage.id}`),
        }))
        .toSorted((a, b) => b.score - a.score)
        .slice(0, k)
        .map(({ passage, score }, index) =>
          withProvenance(passage, { rank: index + 1, dense: { rank: index + 1, score } }),
        );
    },
  };
}

/** Scores passages by their grade with this much noise added, rounded so that some scores are equal. */
export function scorerOf(name: string, amount: number, seed: string = name): PairScorer {
  const byText = new Map(passages.map(({ pageContent, id = "" }) => [pageContent, id]));
  return {
    name,
    scale: "logit",
    score: async (query, texts) => ({
      scores: texts.map((text) => {
        const id = byText.get(text) ?? "";
        return (
          Math.round(10 * (gradeOf(query, id) + amount * noise(`${seed} ${query} ${id}`))) / 10
        );
      }),
    }),
  };
}

export const firstStages = { near: sourceOf("near", 4), far: sourceOf("far", 8) } as const;

/** `bad` knows nothing; `twin` gives the scores of `good`. */
export const scorers = {
  good: scorerOf("good", 2.5),
  better: scorerOf("better", 1.2),
  bad: scorerOf("bad", 1000),
  twin: scorerOf("twin", 2.5, "good"),
} as const;

export function rerankersOf(
  names: readonly (keyof typeof scorers)[],
): Record<string, CrossEncoderReranker> {
  return Object.fromEntries(
    names.map((name) => [name, new CrossEncoderReranker({ scorer: scorers[name] })]),
  );
}

/** Collects a bake-off over 20 candidates. */
export function collect(given: Partial<CollectBakeOffOptions> = {}): Promise<BakeOffPools> {
  const rerankers = rerankersOf(["good", "better", "bad", "twin"]);
  return collectBakeOff({ firstStages, rerankers, queries, depth: 20, ...given });
}

/** The same pools as if they had taken these times, in milliseconds, in proportion to the number of passages. */
export function timed(
  collected: BakeOffPools,
  times: Readonly<Record<string, number>>,
): BakeOffPools {
  const retimed = <Value>(values: ReadonlyMap<string, Value>): Map<string, Value> =>
    new Map(
      Array.from(values, ([name, value]) => [name, { ...value, milliseconds: times[name] ?? 1 }]),
    );
  return {
    ...collected,
    rerankers: new Map(
      Array.from(collected.rerankers, ([name, scorer]) => [
        name,
        { ...scorer, onePassageMs: undefined },
      ]),
    ),
    pools: new Map(
      Array.from(collected.pools, ([query, pool]) => [
        query,
        { ...pool, firstStages: retimed(pool.firstStages), rerankers: retimed(pool.rerankers) },
      ]),
    ),
  };
}
