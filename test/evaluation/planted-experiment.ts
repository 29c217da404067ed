import type { Evaluation } from "../../src/evaluation/evaluate.ts";
import type {
  ExperimentResult,
  FoundDocument,
  Latency,
  SystemResult,
} from "../../src/evaluation/experiment/experiment-result.ts";
import { deepFreeze } from "../deep-freeze.ts";

/** Where the one relevant document of a question stands; `undefined` where it was not found. */
type Place = number | undefined;

interface PlantedExperiment {
  /** For each question q0, q1, … the rank of its relevant document with `dense` and with `reranked`. */
  readonly places: readonly (readonly [dense: Place, reranked: Place])[];
  /** How many documents a question gets. @defaultValue 10 */
  readonly depth?: number;
  readonly measure?: string;
  /** Tokens that the cross-encoder lost, by rank. @defaultValue none */
  readonly truncatedTokens?: (place: number) => number;
  readonly isSynthetic?: boolean;
  /** Of `reranked`: why a query failed. */
  readonly failures?: ReadonlyMap<string, string>;
  /** Of `reranked`. */
  readonly latency?: ReadonlyMap<string, Latency>;
  readonly queryText?: (index: number) => string;
  readonly documentText?: (id: string) => string;
}

/** An experiment with the systems `dense` and `reranked`, which throws when it is written to. */
export function plantedExperiment(planted: PlantedExperiment): ExperimentResult {
  const { places, isSynthetic = false, measure = "nDCG@10", queryText } = planted;
  const ids = places.map((_place, index) => `q${index}`);
  const dense = places.map(([place]) => place);
  return deepFreeze({
    queries: new Map(ids.map((id, index) => [id, queryText?.(index) ?? `Question ${index}?`])),
    judgements: new Map(ids.map((id) => [id, new Map([[`${id}-answer`, 2]])])),
    measures: [measure],
    systems: [
      systemOf("dense", dense, { ...planted, failures: new Map(), latency: timesOf({ dense: 5 }) }),
      systemOf(
        "reranked",
        places.map(([, place]) => place),
        planted,
        dense,
      ),
    ],
    isSynthetic,
  });
}

/** Latencies that are the same for every query, and their sum as `total`. */
export function timesOf(stages: Readonly<Record<string, number>>): Map<string, Latency> {
  const total = Object.values(stages).reduce((sum, own) => sum + own, 0);
  return new Map(
    Object.entries({ ...stages, total }).map(([name, own]) => [
      name,
      { mean: own, p50: own, p95: own * 2 },
    ]),
  );
}

/** nDCG@10 of one relevant document at this rank. */
function valueAt(place: Place): number {
  return place === undefined || place > 10 ? 0 : 1 / Math.log2(place + 1);
}

function systemOf(
  name: string,
  places: readonly Place[],
  planted: PlantedExperiment,
  firstPlaces?: readonly Place[],
): SystemResult {
  const { depth = 10, measure = "nDCG@10", failures = new Map<string, string>() } = planted;
  const entries = places.map((place, index) => {
    const query = `q${index}`;
    const documents = Array.from({ length: depth }, (_slot, slot): FoundDocument => {
      const rank = slot + 1;
      const isAnswer = rank === place;
      const id = isAnswer ? `${query}-answer` : `${query}-filler-${rank}`;
      return {
        id,
        text: planted.documentText?.(id) ?? `Text of ${id}.`,
        rank,
        firstRank: (isAnswer ? firstPlaces?.[index] : undefined) ?? rank,
        rawScore: firstPlaces ? -rank : undefined,
        truncatedTokens: firstPlaces ? (planted.truncatedTokens?.(rank) ?? 0) : 0,
      };
    });
    return [query, failures.has(query) ? [] : documents] as const;
  });
  const found = entries.filter(([query]) => !failures.has(query));
  const perQuery = new Map(
    places.map((place, index) => [`q${index}`, failures.has(`q${index}`) ? 0 : valueAt(place)]),
  );
  const latency = planted.latency ?? timesOf({ dense: 5, rerank: 35 });
  return {
    name,
    run: new Map(
      found.map(([query, documents]) => [
        query,
        documents.map(({ id, rank }) => ({ id, score: -rank })),
      ]),
    ),
    evaluations: [evaluationOf(measure, perQuery)],
    outcomes: new Map(
      found.map(([query, documents]) => [
        query,
        { documents, stages: new Map([["rerank", 35]]), milliseconds: 40 },
      ]),
    ),
    failures,
    latency,
  };
}

function evaluationOf(name: string, perQuery: ReadonlyMap<string, number>): Evaluation {
  const sum = [...perQuery.values()].reduce((total, value) => total + value, 0);
  return { name, perQuery, mean: sum / perQuery.size };
}
