import { readFile, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { chooseProvider, dtypesFor, type Device } from "./device.ts";
import { sha256Of } from "./file-hash.ts";
import type { DownloadProgress } from "./hub-file.ts";
import { chooseLayout, type Layout } from "./layout.ts";
import { obtainModel, type Dtype, type ModelFiles } from "./model-files.ts";
import { windowOf, type ModelSettings } from "./model-settings.ts";
import type { PackedSequence, PackingOptions } from "./packing.ts";
import { readTemplates, type SequenceTemplates } from "./pair-template.ts";
import { cutByTokens, type TokenBatchOptions } from "./token-batches.ts";
import type { Head, Provider, RowBatch, TokenLists } from "./worker-messages.ts";
import { WorkerPool } from "./worker-pool.ts";

export interface OnnxModelOptions {
  /** A name of the catalogue, `owner/name` on the hub, or a folder with `onnx/model.onnx`. */
  readonly model: string;
  /** Precision of the weights. @defaultValue int8 on a CPU, fp16 on a GPU, fp32 where those are missing */
  readonly dtype?: Dtype | undefined;
  /** Where to run; a device that is named never falls back to another. @defaultValue "auto" */
  readonly device?: Device | undefined;
  /** Worker threads, each with its own copy of the weights. @defaultValue one a core, as memory allows */
  readonly workers?: number | undefined;
  /** Threads of ONNX Runtime in each worker. @defaultValue cores divided by workers */
  readonly threads?: number | undefined;
  /** Called while files are downloaded. */
  readonly onProgress?: ((progress: DownloadProgress) => void) | undefined;
}

/** What is really in use. */
export interface ModelInfo extends Layout {
  readonly model: string;
  readonly folder: string;
  readonly file: string;
  /** SHA-256 of the graph file, in hex. */
  readonly fileHash: string;
  readonly dtype: Dtype;
  readonly provider: Provider;
  /** Length of the window in tokens, special tokens included. */
  readonly maxTokens: number;
  /** Most rows of one run: 1 for a dynamically quantised graph, whose rows would change each other. */
  readonly rowsPerRun: number;
}

export interface ProcessOptions {
  /** Frames and cuts the tokens of a text. */
  readonly pack: (tokens: Int32Array) => PackedSequence;
  /** Asked before every micro-batch; once true, nothing further is started. */
  readonly isStale: () => boolean;
  /** Gets the model's numbers for the text at `index`, in the order in which they arrive. */
  readonly onRow: (index: number, row: Float32Array, packed: PackedSequence) => void;
}

/** A model on the disk and the workers that run it. */
export class OnnxModel {
  readonly settings: ModelSettings;
  readonly #templates: SequenceTemplates;
  readonly #files: ModelFiles;
  readonly #info: Omit<ModelInfo, "fileHash">;
  readonly #pool: WorkerPool;
  readonly #batching: TokenBatchOptions;

  private constructor(
    files: ModelFiles,
    templates: SequenceTemplates,
    pool: WorkerPool,
    info: Omit<ModelInfo, "fileHash">,
  ) {
    this.settings = files.settings;
    this.#templates = templates;
    this.#files = files;
    this.#pool = pool;
    this.#info = info;
    this.#batching = { budget: tokensPerRun[info.provider], maxRows: info.rowsPerRun };
  }

  /** Gets the files, picks the provider, and loads the model into a first worker. */
  static async open(
    { model, dtype, device = "auto", workers, threads, onProgress }: OnnxModelOptions,
    headOf: (settings: ModelSettings) => Head,
  ): Promise<OnnxModel> {
    const provider = await chooseProvider(device);
    const files = await obtainModel(model, dtypesFor(provider, dtype), { onProgress });
    const { graphPath, tokenizerPath, settings, graph } = files;
    const templates = readTemplates(
      JSON.parse(await readFile(tokenizerPath, "utf8")),
      tokenizerPath,
    );
    const modelBytes = await sizeOf(files);
    const layout = chooseLayout({ provider, modelBytes, workers, threads });
    const pool = new WorkerPool(
      {
        graphPath,
        tokenizerPath,
        provider,
        threads: layout.threads,
        padToken: settings.padToken,
        head: headOf(settings),
      },
      layout.workers,
    );
    await pool.start();
    return new OnnxModel(files, templates, pool, {
      ...layout,
      model,
      folder: files.folder,
      file: graphPath,
      dtype: files.dtype,
      provider,
      maxTokens: settings.maxTokens,
      rowsPerRun: graph.isDynamicallyQuantized ? 1 : 64,
    });
  }

  /** How texts are framed and cut: in the model's own window, or in one of `maxTokens`. */
  packing(maxTokens: number | undefined): PackingOptions {
    return {
      templates: this.#templates,
      maxTokens: windowOf(this.settings, maxTokens),
      truncation: this.settings.truncation,
    };
  }

  async info(): Promise<ModelInfo> {
    return { ...this.#info, fileHash: await sha256Of(this.#files.graphPath) };
  }

  /** Token ids of each text, without special tokens; `undefined` where `isStale` came true first. */
  async encode(
    texts: readonly string[],
    isStale: () => boolean,
  ): Promise<Int32Array[] | undefined> {
    const answer = await this.#pool.run({ kind: "encode", texts }, [], isStale);
    return answer?.kind === "encoded" ? listsOf(answer.tokens) : undefined;
  }

  /**
   * Tokenises the texts, cuts them into micro-batches and runs those. A window of texts at a time, in
   * the caller's order, so that the first texts are done first however many there are.
   */
  async process(texts: readonly string[], options: ProcessOptions): Promise<void> {
    const { pack, isStale, onRow } = options;
    const running = new Set<Promise<void>>();
    const failures: unknown[] = [];
    const run = async (indices: readonly number[], packed: readonly PackedSequence[]) => {
      try {
        const rows = await this.#run(packed, isStale);
        for (const [place, index] of indices.entries()) {
          const [row, sequence] = [rows?.[place], packed[place]];
          if (row && sequence) onRow(index, row, sequence);
        }
      } catch (error) {
        failures.push(error);
      }
    };
    const windowSize = this.#batching.maxRows === 1 ? 16 : 64;
    const encodeFrom = async (first: number): Promise<Int32Array[] | undefined> => {
      const window = texts.slice(first, first + windowSize);
      return window.length === 0 ? undefined : this.encode(window, isStale);
    };
    let upcoming = encodeFrom(0);
    for (let first = 0; first < texts.length; first += windowSize) {
      const tokens = await upcoming;
      if (!tokens) break;
      // The next window is tokenised while this one runs.
      upcoming = encodeFrom(first + windowSize);
      upcoming.catch(() => undefined); // Awaited later, or never where a run failed first.
      const packed = tokens.map(pack);
      const lengths = packed.map(({ ids }) => ids.length);
      for (const batch of cutByTokens(lengths, this.#batching)) {
        // Two a worker keep all of them busy, and let other callers in between.
        while (running.size >= 2 * this.#pool.size) await Promise.race(running);
        if (failures.length > 0 || isStale()) break;
        const started = run(
          batch.map((index) => first + index),
          batch.flatMap((index) => packed[index] ?? []),
        ).finally(() => running.delete(started));
        running.add(started);
      }
      if (failures.length > 0) break;
    }
    await Promise.all(running);
    if (failures.length > 0) throw failures[0];
  }

  async dispose(): Promise<void> {
    await this.#pool.dispose();
  }

  async #run(
    rows: readonly PackedSequence[],
    isStale: () => boolean,
  ): Promise<Float32Array[] | undefined> {
    const batch = concatenate(rows);
    const transfer = [batch.ids, batch.segments, batch.ends].map(({ buffer }) => buffer);
    const answer = await this.#pool.run({ kind: "run", batch }, transfer, isStale);
    if (answer?.kind !== "ran") return undefined;
    const { values, width } = answer.results;
    return rows.map((_row, index) => values.subarray(index * width, (index + 1) * width));
  }
}

/** Padded tokens of one run: enough to fill the arithmetic units, few enough to let others in soon. */
const tokensPerRun: Readonly<Record<Provider, number>> = { cpu: 2048, cuda: 16_384, webgpu: 8192 };

function listsOf({ ids, ends }: TokenLists): Int32Array[] {
  return Array.from(ends, (end, index) => ids.subarray(ends[index - 1] ?? 0, end));
}

function concatenate(rows: readonly PackedSequence[]): RowBatch {
  const total = rows.reduce((sum, { ids }) => sum + ids.length, 0);
  const batch = {
    ids: new Int32Array(total),
    segments: new Uint8Array(total),
    ends: new Int32Array(rows.length),
  };
  let end = 0;
  for (const [index, { ids, segments }] of rows.entries()) {
    batch.ids.set(ids, end);
    batch.segments.set(segments, end);
    end += ids.length;
    batch.ends[index] = end;
  }
  return batch;
}

async function sizeOf({ graphPath, graph }: ModelFiles): Promise<number> {
  const paths = [graphPath, ...graph.externalData.map((name) => join(dirname(graphPath), name))];
  const sizes = await Promise.all(paths.map(async (path) => (await stat(path)).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}
