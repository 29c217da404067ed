import { existsSync, statSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { isAbsolute, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, RetrievalError } from "../../errors.ts";
import { nearestName } from "../../options.ts";
import type { Arithmetic } from "../../ranking/arithmetic.ts";
import { exportHint } from "./encoder-decoder.ts";
import {
  arithmeticOfGraphs,
  requireBytes,
  type GraphFile,
  type GraphFiles,
} from "./graph-files.ts";
import { decoderPaths, graphPaths, pathBeside, type Dtype } from "./graph-paths.ts";
import { isRepository } from "./hub-cache.ts";
import { readHubSettings } from "./hub-settings.ts";
import { HubSnapshot, type SnapshotOptions } from "./hub-snapshot.ts";
import type { Int8Kernels } from "./int8-products.ts";
import { readJsonIfPresent } from "./json-file.ts";
import { excerptOf } from "../../text/printable.ts";
import { findModel, modelCatalog } from "./model-catalog.ts";
import type { CatalogRow } from "./model-row.ts";
import { needsModules } from "./model-head.ts";
import { readSettings, settingsFiles, type ModelSettings } from "./model-settings.ts";
import { missingWeights, moduleFiles, pickleBeside } from "./module-files.ts";
import { inspectGraph } from "./onnx-graph.ts";

/** A model on the disk, ready to be loaded. */
export interface ModelFiles extends GraphFiles {
  readonly folder: string;
  readonly tokenizerPath: string;
  readonly dtype: Dtype;
  readonly settings: ModelSettings;
  /** How the model's products are computed on this machine. */
  readonly arithmetic: Arithmetic;
}

export interface ObtainOptions extends SnapshotOptions {
  /** How this processor's kernels sum int8 products. @defaultValue "exact" */
  readonly int8Kernels?: Int8Kernels | undefined;
  /** Path of the graph in the folder or repository. @defaultValue the usual name for the dtype */
  readonly file?: string | undefined;
}

/** What a model name refers to: a folder on the disk, or a repository on the hub. */
export interface ModelLocation {
  readonly row?: CatalogRow | undefined;
  readonly folder?: string | undefined;
  readonly repository?: string | undefined;
}

/**
 * Resolves `model`: a row of the catalogue by any of its names, else a folder on the disk, else `owner/name` on
 * the hub.
 *
 * @throws `model-not-found` with the known names
 */
export function locateModel(model: string): ModelLocation {
  const row = findModel(model);
  if (row) {
    const folder = row.folder === undefined ? undefined : join(packageRoot, row.folder);
    if (folder !== undefined && existsSync(folder)) return { row, folder };
    if (row.repository !== undefined) return { row, repository: row.repository };
    throw new RetrievalError(
      "model-not-found",
      `${model} is only in the source repository of langchain-rerank: pass its folder, or use ms-marco-MiniLM-L6-v2.`,
    );
  }
  const folder = resolve(model);
  if (existsSync(folder) && statSync(folder).isDirectory()) return { folder };
  const isPath = isAbsolute(model) || /^[.~]|\\/.test(model);
  if (!isPath && isRepository(model)) return { repository: model };
  if (isPath) {
    const fault = existsSync(folder) ? "is not a folder" : "does not exist";
    throw new RetrievalError(
      "model-not-found",
      `Expected \`model\` to be a folder, got ${folder}, which ${fault}.`,
    );
  }
  if (model.includes("/")) {
    throw new RetrievalError(
      "model-not-found",
      `Expected \`model\` to be a folder or owner/name on the hub, got ${model}, which is neither.`,
    );
  }
  const meant = nearestName(
    model,
    modelCatalog.flatMap(({ names }) => names),
  );
  const names =
    meant === undefined
      ? `The names are ${modelCatalog.map((each) => each.names.at(-1)).join(", ")}.`
      : `Did you mean ${meant}? \`npx langchain-rerank models\` lists the names.`;
  throw new RetrievalError(
    "model-not-found",
    `Expected \`model\` to be a folder, owner/name on the hub, or a name of the catalogue, got ${model}. ${names}`,
  );
}

/** The folder of a model that is on the disk; `undefined` if it was not fetched. */
export async function folderOnDisk(model: string): Promise<string | undefined> {
  const { folder, repository } = locateModel(model);
  return repository === undefined ? folder : HubSnapshot.folderOnDisk(repository);
}

/**
 * Makes sure that a model's files are on the disk, for the first of the wanted dtypes that has a graph. A graph
 * whose products would saturate on this machine is the last choice.
 */
export async function obtainModel(
  model: string,
  wanted: readonly Dtype[],
  { int8Kernels = "exact", file, ...options }: ObtainOptions = {},
): Promise<ModelFiles> {
  const location = locateModel(model);
  const snapshot =
    location.repository === undefined
      ? undefined
      : await HubSnapshot.open(location.repository, options);
  const folder = snapshot?.folder ?? location.folder ?? "";
  const fetchFirst = (paths: readonly string[]): Promise<string | undefined> =>
    snapshot
      ? snapshot.fetchFirst(paths)
      : Promise.resolve(paths.find((path) => existsSync(join(folder, path))));

  const has = async (path: string): Promise<boolean> =>
    existsSync(join(folder, path)) || (await snapshot?.lookUp(path)) !== undefined;

  for (const name of ["config.json", "tokenizer.json"]) {
    if ((await fetchFirst([name])) === undefined) throw await incomplete(folder, name, location);
  }
  for (const name of settingsFiles) await fetchFirst([name]);
  const modules = await moduleFiles(folder);
  for (const path of modules.configs) await fetchFirst([path]);
  const settings = await readSettings(folder, location.row);
  const part = settings.decoder ? "encoder_model" : "model";
  const pathsOf = (dtype: Dtype): string[] =>
    file === undefined ? graphPaths(dtype, int8Kernels, part) : [file];
  const readGraph = async (path: string): Promise<GraphFile> => {
    const graphPath = join(folder, path);
    const graph = await inspectGraph(graphPath);
    for (const [name, bytes] of graph.externalBytes) {
      const beside = pathBeside(path, name);
      if ((await fetchFirst([beside])) === undefined)
        throw await incomplete(folder, beside, location);
      await requireBytes(join(folder, beside), bytes);
    }
    return { graphPath, graph };
  };
  if (settings.decoder && file !== undefined && decoderPaths(file).length === 0) {
    throw new RetrievalError(
      "invalid-option",
      `Expected \`file\` to be the graph of the encoder, such as "onnx/encoder_model.onnx", because ${model} has an encoder and a decoder, got ${describe(file)}.`,
    );
  }
  let lastChoice: ModelFiles | undefined;
  let missingDecoder: string | undefined;
  for (const dtype of wanted) {
    const path = await fetchFirst(pathsOf(dtype));
    if (path === undefined) continue;
    const decoders = settings.decoder ? decoderPaths(path) : [];
    const decoderPath = await fetchFirst(decoders);
    if (settings.decoder && decoderPath === undefined) {
      missingDecoder ??= decoders[0];
      continue;
    }
    const encoder = await readGraph(path);
    for (const weights of modules.weights) {
      const isThere = (await fetchFirst([weights])) !== undefined;
      if (isThere || !needsModules(encoder.graph, settings.chain)) continue;
      throw missingWeights(folder, weights, await has(pickleBeside(weights)));
    }
    const graphs = {
      ...encoder,
      decoder: decoderPath === undefined ? undefined : await readGraph(decoderPath),
    };
    const files = {
      folder,
      ...graphs,
      tokenizerPath: join(folder, "tokenizer.json"),
      dtype,
      settings,
      arithmetic: arithmeticOfGraphs(graphs, int8Kernels),
    };
    if (files.arithmetic !== "int8-saturating") return files;
    lastChoice ??= files;
  }
  if (lastChoice) return lastChoice;
  if (missingDecoder !== undefined) throw await incomplete(folder, missingDecoder, location);
  const paths = wanted.flatMap(pathsOf);
  if (file !== undefined) throw await incomplete(folder, file, location, true);
  throw await incomplete(folder, `of ${paths.join(", ")}`, location);
}

/**
 * Sizes of the files that `obtainModel` would download now, NaN if the host does not say; empty if all files
 * are on the disk. Weights outside a graph that is not on the disk yet are counted if they have the usual name.
 * Downloads `modules.json`, which names further files.
 */
export async function plannedDownload(
  model: string,
  dtypes: readonly Dtype[],
  { int8Kernels = "exact", ...options }: ObtainOptions = {},
): Promise<{ readonly file: string; readonly bytes: number }[]> {
  const { repository } = locateModel(model);
  if (repository === undefined) return [];
  const snapshot = await HubSnapshot.open(repository, options);
  const planned: { file: string; bytes: number }[] = [];
  const plan = async (paths: readonly string[]): Promise<string | undefined> => {
    const present = paths.find((path) => existsSync(join(snapshot.folder, path)));
    if (present !== undefined) return present;
    for (const file of paths) {
      const facts = await snapshot.lookUp(file);
      if (facts) planned.push({ file, bytes: facts.bytes });
      if (facts) return file;
    }
    return undefined;
  };
  await snapshot.fetchFirst(["modules.json"]);
  const modules = await moduleFiles(snapshot.folder);
  const small = ["config.json", "tokenizer.json", ...settingsFiles, ...modules.configs];
  for (const path of new Set([...small, ...modules.weights])) await plan([path]);
  for (const dtype of dtypes) {
    const parts = (["model", "encoder_model"] as const).flatMap((part) =>
      graphPaths(dtype, int8Kernels, part),
    );
    const first = await plan(parts);
    if (first === undefined) continue;
    const decoder = await plan(decoderPaths(first));
    for (const graph of decoder === undefined ? [first] : [first, decoder]) {
      const graphPath = join(snapshot.folder, graph);
      const external = existsSync(graphPath)
        ? (await inspectGraph(graphPath)).externalData.map((name) => pathBeside(graph, name))
        : [`${graph}_data`];
      for (const path of external) await plan([path]);
    }
    break;
  }
  return planned;
}

/** The root of the package; `src/` and `dist/` are directly below it. */
const packageRoot = fileURLToPath(new URL("../../..", import.meta.url));

async function incomplete(
  folder: string,
  name: string,
  { repository }: ModelLocation,
  isOption = false,
): Promise<RetrievalError> {
  const shown = excerptOf(name, 1000);
  const expected = `Expected ${name.startsWith("of ") ? `one ${shown}` : shown}`;
  const hint = exportHint(await readJsonIfPresent(join(folder, "config.json")), repository);
  const usual = isOption
    ? "Pass the path of a graph that is there as `file`, or omit `file`."
    : "Pass a folder with config.json, tokenizer.json and onnx/model.onnx, or another `dtype`.";
  const wayOut = hint || usual;
  if (repository !== undefined) {
    return new RetrievalError(
      "model-not-found",
      readHubSettings().isOffline
        ? `${expected} of ${repository} in ${folder}, and HF_HUB_OFFLINE forbids fetching it: run \`npx langchain-rerank models pull ${repository}\` on a machine with network access. ${wayOut}`
        : `${expected} in ${repository}, which has no such file${isOption ? "" : ": pass a repository with ONNX files"}. ${wayOut}`,
    );
  }
  const found = await readdir(folder, { recursive: true });
  const graphs = found.filter((path) => path.endsWith(".onnx"));
  return new RetrievalError(
    "model-not-found",
    `${expected} in ${folder}; ONNX graphs found there: ${excerptOf(graphs.join(", "), 500) || "none"}. ${wayOut}`,
  );
}
