import { RetrievalError } from "../errors.ts";
import { OnnxModel, type OnnxModelOptions } from "./onnx-model.ts";
import type { ModelSettings } from "./files/model-settings.ts";
import type { Head } from "./workers/worker-messages.ts";

interface Entry {
  leases: number;
  readonly opening: Promise<OnnxModel>;
}

/** Models in use in this process: two users of one model share its workers. */
const shared = new Map<string, Entry>();

/** One user's hold on a model: opened at first use, and freed when the last user has let go. */
export class ModelLease {
  readonly #options: OnnxModelOptions;
  readonly #headOf: (settings: ModelSettings) => Head;
  readonly #key: string;
  #entry: Entry | undefined;
  #isReleased = false;

  /** `purpose` tells apart what one model can be used for, such as two ways of pooling. */
  constructor(
    options: OnnxModelOptions,
    purpose: string,
    headOf: (settings: ModelSettings) => Head,
  ) {
    const { model, dtype, device, workers, threads, deviceId, maxWaiting } = options;
    this.#options = options;
    this.#headOf = headOf;
    const settings = [model, dtype, device, workers, threads, deviceId, maxWaiting, purpose];
    this.#key = JSON.stringify(settings);
  }

  /** The model; one that could not be opened is tried again at the next call. */
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

  /** Lets go; the last to do so ends the model's workers. */
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
