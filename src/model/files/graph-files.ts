import { stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { RetrievalError } from "../../errors.ts";
import { arithmetics, type Arithmetic } from "../../ranking/arithmetic.ts";
import { sha256Of } from "./file-hash.ts";
import { arithmeticOf, type Int8Kernels } from "./int8-products.ts";
import { requireContent } from "./lfs-pointer.ts";
import type { GraphFacts } from "./onnx-graph.ts";

/** A graph on the disk. */
export interface GraphFile {
  readonly graphPath: string;
  readonly graph: GraphFacts;
}

/** The graphs of a model: one, or those of an encoder and of a decoder, which run one after the other. */
export interface GraphFiles extends GraphFile {
  readonly decoder: GraphFile | undefined;
}

/** Size of the graphs and their weights in bytes. */
export async function bytesOf(files: GraphFiles): Promise<number> {
  const graphs = graphsOf(files);
  const weights = graphs.flatMap(({ graphPath, graph }) =>
    graph.externalData.map((name) => join(dirname(graphPath), name)),
  );
  const paths = [...graphs.map(({ graphPath }) => graphPath), ...weights];
  const sizes = await Promise.all(paths.map(async (path) => (await stat(path)).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** SHA-256 of the graphs' files, the encoder's first, in hex. */
export async function hashOf(files: GraphFiles): Promise<string> {
  return sha256Of(...graphsOf(files).map(({ graphPath }) => graphPath));
}

/** Whether a row's result depends on the other rows of a run. */
export function needSingleRows(files: GraphFiles): boolean {
  return graphsOf(files).some(({ graph }) => graph.isDynamicallyQuantized);
}

/** How the graphs' products are computed; of two graphs, by the less exact one. */
export function arithmeticOfGraphs(files: GraphFiles, kernels: Int8Kernels): Arithmetic {
  const found = new Set(
    graphsOf(files).map(({ graph }) => arithmeticOf(graph.int8Products, kernels)),
  );
  return arithmetics.findLast((arithmetic) => found.has(arithmetic)) ?? "float";
}

/**
 * Checks the size of a file with weights.
 *
 * @throws `model-damaged` if it has fewer bytes than its graph needs
 */
export async function requireBytes(path: string, least: number): Promise<void> {
  await requireContent(path);
  const { size } = await stat(path);
  if (size >= least) return;
  throw new RetrievalError(
    "model-damaged",
    `Expected at least ${least} bytes of weights in ${path}, got ${size}: delete the file and fetch it again.`,
  );
}

function graphsOf(files: GraphFiles): readonly GraphFile[] {
  return files.decoder ? [files, files.decoder] : [files];
}
