import { RetrievalError } from "../errors.ts";
import { OnnxModel, requireOneGraph, type OnnxModelOptions } from "./onnx-model.ts";
import type { Head, HeadSources } from "./files/model-head.ts";

interface Entry {
  leases: number;
  readonly opening: Promise<OnnxModel>;
}

/** Models in use in this process; users of the same model share its workers. */
const shared = new Map<string, Entry>();

/**
 * One user's hold on a shared model. The first use opens the model; it is freed when its last user releases
 * it.
 */
export class ModelLease {
  readonly #options: OnnxModelOptions;
  readonly #headOf: (files: HeadSources) => Head;
  readonly #key: string;
  #entry: Entry | undefined;
  #isReleased = false;

  /** `purpose` separates different uses of the same model, such as two pooling modes. */
  constructor(options: OnnxModelOptions, purpose: string, headOf: (files: HeadSources) => Head) {
    requireOneGraph(options);
    this.#options = options;
    this.#headOf = headOf;
    const { model, dtype, file, device, workers, threads, deviceId, maxWaiting } = options;
    const runtime = [device, workers, threads, deviceId, maxWaiting];
    this.#key = JSON.stringify([model, dtype, file, ...runtime, purpose]);
  }

  /** The model; a failed attempt to open it is repeated at the next call. */
  async model(): Promise<OnnxModel> {
    if (this.#isReleased) {
      throw new RetrievalError(
        "disposed",
        `${this.#options.model} was used after dispose(): create a new instance.`,
      );
    }
    if (!this.#entry) {
      const entry = shared.get(this.#key) ?? {
        leases: 0,
        opening: OnnxModel.open(this.#options, this.#headOf),
      };
      entry.leases += 1;
      shared.set(this.#key, entry);
      this.#entry = entry;
    }
    const entry = this.#entry;
    try {
      return await entry.opening;
    } catch (error) {
      this.#entry = undefined;
      if (shared.get(this.#key) === entry) shared.delete(this.#key);
      throw error;
    }
  }

  /** Gives up the hold; the last user to do so ends the model's workers. */
  async release(): Promise<void> {
    const entry = this.#entry;
    this.#isReleased = true;
    this.#entry = undefined;
    if (!entry) return;
    entry.leases -= 1;
    if (entry.leases > 0) return;
    if (shared.get(this.#key) === entry) shared.delete(this.#key);
    const model = await entry.opening.catch(() => undefined);
    await model?.dispose();
  }
}
