import { LRUCache } from "lru-cache";
import { Breather } from "../breather.ts";
import { hashId } from "../documents/identity.ts";
import type { OnnxModel } from "../model/onnx-model.ts";
import type { PairListener, PairScore } from "../ranking/collect-scores.ts";
import { ScoringRun, type Pairs, type WatchedRun } from "./scoring-run.ts";

/**
 * Shares one model's scoring among all its users in this process: caches pair scores, least recently used out
 * first, in at most 8 MiB, and lets identical overlapping calls share one run.
 */
export class SharedScoring {
  readonly #model: OnnxModel;
  readonly #runs = new Map<string, ScoringRun>();
  readonly #scores = new LRUCache<string, PairScore>({
    maxSize: 8 * 2 ** 20,
    sizeCalculation: ({ window }) => bytesOfEntry + (window ? bytesOfWindow : 0),
  });

  private constructor(model: OnnxModel) {
    this.#model = model;
  }

  static of(model: OnnxModel): SharedScoring {
    const known = byModel.get(model) ?? new SharedScoring(model);
    byModel.set(model, known);
    return known;
  }

  /** Watches the run that scores these pairs: the one in progress, or a new one. */
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

/** The cache keys of the pairs, with pauses: hashing a whole corpus would block the event loop. */
async function keysOf({
  query,
  texts,
  instruction,
  maxTokens,
  window,
}: Pairs & { readonly maxTokens: number }): Promise<string[]> {
  const keys: string[] = [];
  const cut = window ? [window.stride, window.maxWindows] : [];
  const asked = instruction === undefined ? [] : ["instruction", instruction];
  const breather = new Breather();
  for (const text of texts) {
    if (breather.isDue) await breather.pause();
    keys.push(hashId([maxTokens, query, text, ...asked, ...cut]));
  }
  return keys;
}

/** Key, value and map overhead, measured by the heap size of a full cache. */
const bytesOfEntry = 256;
const bytesOfWindow = 64;
