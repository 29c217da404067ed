import { hashId } from "../documents/identity.ts";
import type { OnnxModel } from "../model/onnx-model.ts";
import { ScoreCache } from "./score-cache.ts";
import { scorePairs, type Pairs } from "./score-pairs.ts";
import { ScoringRun, type PairListener, type WatchedRun } from "./scoring-run.ts";

/**
 * Scoring with one model for everybody in this process: a pair that was scored is not scored again, and
 * identical calls that overlap share one run.
 */
export class SharedScoring {
  readonly #model: OnnxModel;
  readonly #cache = new ScoreCache();
  readonly #runs = new Map<string, ScoringRun>();

  private constructor(model: OnnxModel) {
    this.#model = model;
  }

  static of(model: OnnxModel): SharedScoring {
    const known = byModel.get(model) ?? new SharedScoring(model);
    byModel.set(model, known);
    return known;
  }

  /** Has the pairs scored, by a run that is under way or a new one, until `leave` is called. */
  async watch(pairs: Pairs, listen: PairListener): Promise<WatchedRun> {
    const { maxTokens } = this.#model.packing(pairs.maxTokens);
    const keys = await ScoreCache.keysOf({ query: pairs.query, maxTokens }, pairs.texts);
    const name = hashId(keys);
    const underWay = this.#runs.get(name);
    const run = underWay?.isAbandoned === false ? underWay : this.#start(name, pairs, keys);
    return run.watch(listen);
  }

  #start(name: string, pairs: Pairs, keys: readonly string[]): ScoringRun {
    const run = new ScoringRun((onPair, signal) => this.#score(pairs, keys, { onPair, signal }));
    this.#runs.set(name, run);
    const forget = (): void => {
      if (this.#runs.get(name) === run) this.#runs.delete(name);
    };
    run.done.then(forget, forget);
    return run;
  }

  async #score(
    pairs: Pairs,
    keys: readonly string[],
    { onPair, signal }: { readonly onPair: PairListener; readonly signal: AbortSignal },
  ): Promise<void> {
    const unknown: number[] = [];
    for (const [place, key] of keys.entries()) {
      const known = this.#cache.get(key);
      if (known) onPair(place, known);
      else unknown.push(place);
    }
    const texts = unknown.map((place) => pairs.texts[place] ?? "");
    await scorePairs(
      this.#model,
      { ...pairs, texts },
      {
        signal,
        tokenCache: this.#model.tokenCache,
        onPair: (index, pair) => {
          const place = unknown[index] ?? index;
          if (Number.isFinite(pair.score)) this.#cache.set(keys[place] ?? "", pair);
          onPair(place, pair);
        },
      },
    );
  }
}

const byModel = new WeakMap<OnnxModel, SharedScoring>();
