import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { InvalidArgumentError, type Command } from "commander";
import type { VectorStoreInterface } from "@langchain/core/vectorstores";
import { CrossEncoderReranker } from "../cross-encoder/cross-encoder-reranker.ts";
import { OnnxEmbeddings } from "../embeddings/onnx-embeddings.ts";
import { RetrievalError } from "../errors.ts";
import type { Device } from "../model/device.ts";
import { locateModel } from "../model/model-files.ts";
import { openChroma } from "../vector-store/open-chroma.ts";
import { progressBars } from "./output.ts";

/** Options that every command which retrieves has in common. */
export interface PipelineOptions {
  readonly model: string;
  readonly reranker: string;
  readonly device: Device;
  readonly store: string;
  readonly collection: string;
}

/** Models and store of one command; disposing of it frees the workers and leaves the server. */
export interface Pipeline extends AsyncDisposable {
  readonly embeddings: OnnxEmbeddings;
  readonly reranker: CrossEncoderReranker;
  readonly store: Awaited<ReturnType<typeof openChroma>> | VectorStoreInterface;
  /** Where the passages are, in words. */
  readonly place: string;
}

/** The guides that come with the package. */
export const sampleDocuments: string = fileURLToPath(
  new URL("../../sample_documents", import.meta.url),
);

/** The source tree brings small models; elsewhere the small ones of the hub stand in. */
const isSourceTree = existsSync(new URL("../../models", import.meta.url));
const defaultModels: { readonly model: string; readonly reranker: string } = {
  model: "all-MiniLM-L6-v2",
  reranker: isSourceTree ? "rerank-minilm-l6" : "ms-marco-MiniLM-L6-v2",
};

const devices: readonly string[] = ["auto", "cuda", "webgpu", "cpu"] satisfies Device[];

export function addPipelineOptions(command: Command, collection: string): Command {
  return command
    .option("--model <name>", "bi-encoder: alias, hub id or folder", defaultModels.model)
    .option("--reranker <name>", "cross-encoder: alias, hub id or folder", defaultModels.reranker)
    .option("--device <name>", `where models run: ${devices.join(", ")}`, parseDevice, "auto")
    .option(
      "--store <where>",
      'where passages are kept: a folder, the URL of a Chroma server, or "memory"',
      ".langchain-rerank/chroma",
    )
    .option("--collection <name>", "collection in the store", collection);
}

export function parseCount(text: string): number {
  const count = Number(text);
  if (Number.isSafeInteger(count) && count >= 1) return count;
  throw new InvalidArgumentError("Expected a whole number of at least 1.");
}

export async function openPipeline(options: PipelineOptions): Promise<Pipeline> {
  const { device } = options;
  // A misspelt name is said before a server is started for it.
  for (const name of [options.model, options.reranker]) locateModel(name);
  const onProgress = progressBars();
  const embeddings = new OnnxEmbeddings({ model: options.model, device, onProgress });
  const reranker = new CrossEncoderReranker({ model: options.reranker, device, onProgress });
  const { store, place, close } = await openStore(embeddings, options);
  return {
    embeddings,
    reranker,
    store,
    place,
    async [Symbol.asyncDispose]() {
      await Promise.all([embeddings.dispose(), reranker.dispose(), close()]);
    },
  };
}

async function openStore(
  embeddings: OnnxEmbeddings,
  { store: where, collection: collectionName }: PipelineOptions,
): Promise<Pick<Pipeline, "store" | "place"> & { close: () => Promise<void> }> {
  if (where === "memory") {
    const store = await openMemoryStore(embeddings);
    return { store, place: "memory", close: async () => undefined };
  }
  const address = /^https?:\/\//.test(where) ? { url: where } : { path: where };
  const store = await openChroma(embeddings, { collectionName, ...address });
  const place =
    store.path === undefined ? `Chroma at ${store.url}` : `Chroma in ${store.path} (${store.url})`;
  return { store, place, close: () => store.close() };
}

async function openMemoryStore(embeddings: OnnxEmbeddings): Promise<VectorStoreInterface> {
  try {
    const { MemoryVectorStore } = await import("@langchain/classic/vectorstores/memory");
    return new MemoryVectorStore(embeddings);
  } catch (cause) {
    throw new RetrievalError(
      "missing-dependency",
      "--store memory needs one more package: npm install @langchain/classic@^1.0",
      { cause },
    );
  }
}

function parseDevice(text: string): Device {
  const device = (["auto", "cuda", "webgpu", "cpu"] as const).find((known) => known === text);
  if (device !== undefined) return device;
  throw new InvalidArgumentError(`Expected one of ${devices.join(", ")}.`);
}
