import { hashId } from "../documents/identity.ts";
import type { OnnxModel } from "../model/onnx-model.ts";
import type { PairListener } from "../ranking/collect-scores.ts";
import { pairKeys, ScoreCache } from "./score-cache.ts";
import { ScoringRun, type Pairs, type WatchedRun } from "./scoring-run.ts";

/**
 * Shares one model's scoring among all its users in this process: caches pair scores, and lets identical
 * overlapping calls share one run.
 */
export class SharedScoring {
  readonly #model: OnnxModel;
  readonly #runs = new Map<string, ScoringRun>();
  readonly #scores = new ScoreCache();

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
    const cut = pairs.window ? [pairs.window.stride, pairs.window.maxWindows] : [];
    const keys = await pairKeys(pairs, [maxTokens, ...cut]);
    const name = hashId(keys);
    const underWay = this.#runs.get(name);
    const run = underWay?.isAbandoned === false ? underWay : this.#start(name, pairs, keys);
    return run.watch(listen);
  }

  #start(name: string, pairs: Pairs, keys: readonly string[]): ScoringRun {
    const run = new ScoringRun(this.#model, pairs, {
      get: (index) => this.#scores.get(keys[index] ?? ""),
      set: (index, pair) => this.#scores.set(keys[index] ?? "", pair),
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
