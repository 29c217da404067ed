import { callback, choice, text, wholeNumber } from "../option-rules.ts";
import { describe, RetrievalError } from "../errors.ts";
import type { OptionRules } from "../options.ts";
import type { Arithmetic } from "../ranking/arithmetic.ts";
import { framingOf, type Framing } from "./files/framing.ts";
import { chooseProvider, dtypesFor, requireDevice, type Device } from "./workers/device.ts";
import { bytesOf, hashOf, needSingleRows } from "./files/graph-files.ts";
import { isInnerPath } from "./files/hub-cache.ts";
import type { DownloadProgress } from "./files/hub-file.ts";
import { findInt8Kernels } from "./workers/int8-arithmetic.ts";
import { chooseLayout, tokenBudget, type Layout } from "./workers/layout.ts";
import { dtypes, dtypesIn, type Dtype } from "./files/graph-paths.ts";
import { folderOnDisk, obtainModel, type ModelFiles } from "./files/model-files.ts";
import { canonicalName, graphOf } from "./files/model-catalog.ts";
import type { Head, HeadSources } from "./files/model-head.ts";
import { readJson } from "./files/json-file.ts";
import type { ModelSettings } from "./files/model-settings.ts";
import type { PackingOptions } from "./tokens/packing.ts";
import { RowCosts, type ReadTotals, type RowCost } from "./queue/row-cost.ts";
import type { Work } from "./queue/scheduled-call.ts";
import { Scheduler } from "./queue/scheduler.ts";
import { TokenCache } from "./tokens/token-cache.ts";
import { readingOf, type TextRole, type TokenReading } from "./tokens/token-reading.ts";
import { Vocabulary } from "./tokens/vocabulary.ts";
import { windowOf } from "./tokens/window.ts";
import type { Comparison, Provider } from "./workers/worker-messages.ts";

export interface OnnxModelOptions {
  /** A name from the catalogue, `owner/name` on the hub, or a folder with `onnx/model.onnx`. */
  readonly model: string;
  /** Precision of the weights. @defaultValue int8 on a CPU, fp16 on a GPU, fp32 if the model has neither */
  readonly dtype?: Dtype | undefined;
  /**
   * The graph to use, by its path in the folder or repository, such as `"onnx/model_O3.onnx"`; instead of
   * `dtype`, which then follows from the file's name. @defaultValue the usual name for the dtype
   */
  readonly file?: string | undefined;
  /** Where to run the model; a named device never falls back to another. @defaultValue "auto" */
  readonly device?: Device | undefined;
  /**
   * Number of worker threads, at least 1; each has its own copy of the weights. @defaultValue one per core, as
   * memory allows
   */
  readonly workers?: number | undefined;
  /** Threads of ONNX Runtime in each worker, at least 1. @defaultValue cores divided by workers */
  readonly threads?: number | undefined;
  /** Index of the CUDA device, at least 0. @defaultValue the runtime's choice */
  readonly deviceId?: number | undefined;
  /**
   * How many texts may wait at once over all calls, at least 1; a call counts for at most 64 of them. A call
   * that would exceed the limit fails with `overloaded`. If no text is waiting, a call of any length is
   * accepted, since it could not succeed later either. @defaultValue 10000
   */
  readonly maxWaiting?: number | undefined;
  /** Called during downloads. */
  readonly onProgress?: ((progress: DownloadProgress) => void) | undefined;
}

export const onnxModelOptionRules: OptionRules<OnnxModelOptions> = {
  model: text,
  dtype: choice(...dtypes),
  file: requireGraphFile,
  device: choice("auto", "cpu", "cuda", "webgpu"),
  workers: wholeNumber(1),
  threads: wholeNumber(1),
  deviceId: wholeNumber(0),
  maxWaiting: wholeNumber(1),
  onProgress: callback,
};

/** Refuses a path that may lead out of the model's folder, or that names no graph. */
export function requireGraphFile(name: string, value: unknown): void {
  if (typeof value === "string" && value.endsWith(".onnx") && isInnerPath(value)) return;
  throw new RetrievalError(
    "invalid-option",
    `Expected \`${name}\` to be the path of an ONNX file inside the model's folder, with \`/\` and without \`.\` and \`..\`, such as "onnx/model.onnx", got ${describe(value)}.`,
  );
}

/** Refuses two statements about which graph to use. */
export function requireOneGraph({ dtype, file }: OnnxModelOptions): void {
  if (dtype === undefined || file === undefined) return;
  throw new RetrievalError(
    "invalid-option",
    `Expected \`dtype\` or \`file\`, got both: a file's name says its dtype. Omit \`dtype\`.`,
  );
}

/** The settings that a loaded model really uses. */
export interface ModelInfo extends Layout {
  readonly model: string;
  readonly folder: string;
  /** Path of the graph; of a model with two, that of the encoder. */
  readonly file: string;
  /** Path of the decoder's graph; `undefined` if the model is one graph. */
  readonly decoderFile: string | undefined;
  /** SHA-256 of the graph file, in hex; of two, of the encoder followed by the decoder. */
  readonly fileHash: string;
  readonly dtype: Dtype;
  /**
   * How the model's matrix products are computed. `"int8-widened"` takes about 1.2 times as long as the
   * saturating sums it replaces, and less than fp32; `npx langchain-rerank doctor` measures the factor.
   */
  readonly arithmetic: Arithmetic;
  readonly provider: Provider;
  /** Length of the window in tokens, including special tokens. */
  readonly maxTokens: number;
  /** Maximum rows of one run: 1 for a dynamically quantised graph, whose rows would affect each other. */
  readonly rowsPerRun: number;
  /** Measured cost of recent texts; `undefined` until there are enough. */
  readonly cost: RowCost | undefined;
  /** What the workers have read since the model was loaded; what a cache answered does not count. */
  readonly read: ReadTotals;
}

/** What does not change while a model is used. */
type FixedInfo = Omit<ModelInfo, "fileHash" | "cost" | "read">;

/** A model on the disk and the workers that run it. */
export class OnnxModel {
  readonly settings: ModelSettings;
  /** How texts of each role become rows of token vectors. */
  readonly readings: Readonly<Record<TextRole, TokenReading>>;
  readonly framing: Framing;
  readonly #files: ModelFiles;
  readonly #info: FixedInfo;
  readonly #scheduler: Scheduler;
  readonly #costs: RowCosts;
  /** Computed once: hashing a large graph takes seconds. */
  #fileHash: Promise<string> | undefined;
  /** Token ids of recent texts. */
  readonly tokenCache: TokenCache = new TokenCache();

  private constructor(
    files: ModelFiles,
    { framing, readings }: Pick<OnnxModel, "framing" | "readings">,
    { scheduler, costs }: { readonly scheduler: Scheduler; readonly costs: RowCosts },
    info: FixedInfo,
  ) {
    this.settings = files.settings;
    this.framing = framing;
    this.readings = readings;
    this.#files = files;
    this.#scheduler = scheduler;
    this.#costs = costs;
    this.#info = info;
  }

  /** Gets the files, chooses the provider, and loads the model into a first worker. */
  static async open(
    options: OnnxModelOptions,
    headOf: (files: HeadSources) => Head,
  ): Promise<OnnxModel> {
    const { model, dtype, device = "auto", workers, threads, deviceId, onProgress } = options;
    const { maxWaiting = 10_000 } = options;
    const file = options.file ?? (dtype === undefined ? graphOf(model) : undefined);
    await requireDevice(device).catch(async (error: unknown) => {
      throw await withMissingGraph(error, model);
    });
    const provider = await chooseProvider(device);
    const wanted = dtypesFor(provider, dtype, file);
    // The CPU's kernels also run the nodes that a GPU cannot. A named file may hold any products.
    const mayBeInt8 = file !== undefined || wanted.some((each) => /int8/.test(each));
    const int8Kernels = mayBeInt8 ? await findInt8Kernels() : undefined;
    const files = await obtainModel(model, wanted, { int8Kernels, file, onProgress });
    const { graphPath, decoder, tokenizerPath, settings, arithmetic } = files;
    const head = headOf({ ...files, ...decoder }); // The last graph gives the result.
    const tokenizer = await readJson(tokenizerPath);
    const framing = framingOf(canonicalName(model), tokenizer, head, files);
    const readings = readingsOf(settings, new Vocabulary(tokenizer), framing.templates);
    const modelBytes = await bytesOf(files);
    const layout = chooseLayout({ provider, modelBytes, workers, threads });
    const rowsPerRun = needSingleRows(files) ? 1 : 64;
    const costs = new RowCosts();
    const scheduler = new Scheduler({
      model: {
        graphPath,
        decoder: decoder && settings.decoder && { ...settings.decoder, path: decoder.graphPath },
        tokenizerPath,
        provider,
        deviceId,
        threads: layout.threads,
        widensInt8: arithmetic === "int8-widened",
        padToken: settings.padToken,
        rowsPerRun,
        head,
      },
      workers: layout.workers,
      // A decoder gives logits for one token of a row.
      tokenBudget: tokenBudget(provider, { hasLogits: head.logitScore !== undefined && !decoder }),
      maxWaiting,
      onTimings: (timings, state) => costs.add(timings, state),
    });
    await scheduler.start();
    return new OnnxModel(
      files,
      { framing, readings },
      { scheduler, costs },
      {
        ...layout,
        model: canonicalName(model),
        folder: files.folder,
        file: graphPath,
        decoderFile: decoder?.graphPath,
        dtype: files.dtype,
        arithmetic,
        provider,
        maxTokens: settings.maxTokens,
        rowsPerRun,
      },
    );
  }

  get dtype(): Dtype {
    return this.#info.dtype;
  }

  get provider(): Provider {
    return this.#info.provider;
  }

  /** How to frame and truncate texts, in the model's own window or in one of `maxTokens`. */
  packing(maxTokens: number | undefined): PackingOptions {
    return {
      templates: this.framing.templates,
      maxTokens: windowOf(this.settings, maxTokens),
      truncation: this.framing.truncation,
    };
  }

  async info(): Promise<ModelInfo> {
    const fileHash = await (this.#fileHash ??= hashOf(this.#files));
    return { ...this.#info, fileHash, cost: this.#costs.fit(), read: this.#costs.totals };
  }

  /** Reads the tokens of the tokenizer; those of some models take 30 MB, so the model does not keep them. */
  async vocabulary(): Promise<Vocabulary> {
    return new Vocabulary(await readJson(this.#files.tokenizerPath));
  }

  /** Tokenises and runs the texts, batched with those of other calls; resolves when each has its row. */
  async run(work: Work): Promise<void> {
    await this.#scheduler.run(work);
  }

  /** Scores passages by MaxSim in a worker; at most a few thousand vectors at once, so that others get a turn. */
  async compare(comparison: Comparison): Promise<Float32Array> {
    return this.#scheduler.compare(comparison);
  }

  async dispose(): Promise<void> {
    await this.#scheduler.dispose();
  }
}

/** A model that is not multi-vector reads texts as for one vector; its special tokens were not trained to match. */
function readingsOf(
  { multiVector, queryPrefix, documentPrefix }: ModelSettings,
  vocabulary: Vocabulary,
  { single }: Framing["templates"],
): OnnxModel["readings"] {
  if (multiVector) {
    const { roles, isLegacy } = multiVector;
    return {
      query: readingOf(roles.query, vocabulary, isLegacy),
      document: readingOf(roles.document, vocabulary, isLegacy),
    };
  }
  const skipped = new Set(single.flatMap((piece) => ("token" in piece ? piece.token : [])));
  const plain = { marker: new Int32Array(), maxTokens: undefined, expansion: undefined, skipped };
  return {
    query: { ...plain, prefix: queryPrefix },
    document: { ...plain, prefix: documentPrefix },
  };
}

/** If the device does not work and the model lacks a graph for it as well, says both in one error. */
async function withMissingGraph(failure: unknown, model: string): Promise<unknown> {
  const folder = await folderOnDisk(model).catch(() => undefined);
  const present = folder === undefined ? [] : dtypesIn(folder);
  if (!(failure instanceof RetrievalError) || present.length === 0 || present.includes("fp16")) {
    return failure;
  }
  const lack = `${model} has no fp16 file, the best choice for a GPU, only ${present.join(" and ")}.`;
  const { code, message, cause } = failure;
  return new RetrievalError(code, `${message} In addition, ${lack}`, { cause });
}
