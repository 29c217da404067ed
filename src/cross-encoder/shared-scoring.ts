import { LRUCache } from "lru-cache";
import { hashId } from "../documents/identity.ts";
import type { OnnxModel } from "../model/onnx-model.ts";
import {
  ScoringRun,
  type PairListener,
  type Pairs,
  type PairScore,
  type WatchedRun,
} from "./scoring-run.ts";

/**
 * Scoring with one model for all its users in this process: it keeps the scores of pairs, the least recently
 * used forgotten first, in at most 8 MiB, and identical calls that overlap share one run.
 */
export class SharedScoring {
  readonly #model: OnnxModel;
  readonly #runs = new Map<string, ScoringRun>();
  readonly #scores = new LRUCache<string, PairScore>({
    maxSize: 8 * 2 ** 20,
    sizeCalculation: () => bytesOfEntry,
  });

  private constructor(model: OnnxModel) {
    this.#model = model;
  }

  static of(model: OnnxModel): SharedScoring {
    const known = byModel.get(model) ?? new SharedScoring(model);
    byModel.set(model, known);
    return known;
  }

  /** Watches a run that scores the pairs: one that is under way, or a new one. */
  async watch(pairs: Pairs, listen: PairListener): Promise<WatchedRun> {
    const { maxTokens } = this.#model.packing(pairs.maxTokens);
    const keys = await keysOf({ ...pairs, maxTokens });
    const name = hashId(keys);
    const underWay = this.#runs.get(name);
    const run = underWay?.isAbandoned === false ? underWay : this.#start(name, pairs, keys);
    return run.watch(listen);
  }

  #start(name: string, pairs: Pairs, keys: readonly string[]): ScoringRun {
    const run = new ScoringRun(this.#model, pairs, {
      get: (index) => this.#scores.get(keys[index] ?? ""),
      set: (index, pair) => void this.#scores.set(keys[index] ?? "", pair),
    });
    this.#runs.set(name, run);
    const forget = (): void => {
      if (this.#runs.get(name) === run) this.#runs.delete(name);
    };
    run.done.then(forget, forget);
    return run;
  }
}

const byModel = new WeakMap<OnnxModel, SharedScoring>();

/** The keys of pairs in the cache of one model, hashed a few at a time: a whole corpus would hold the thread. */
async function keysOf({
  query,
  texts,
  maxTokens,
}: Pairs & { readonly maxTokens: number }): Promise<string[]> {
  const keys: string[] = [];
  for (const [index, text] of texts.entries()) {
    if (index % 256 === 255) await new Promise((resolve) => setImmediate(resolve));
    keys.push(hashId([maxTokens, query, text]));
  }
  return keys;
}

/** Key, value and what the map needs for both, by the size of the heap of a full cache. */
const bytesOfEntry = 256;
