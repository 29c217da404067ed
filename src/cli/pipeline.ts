import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { InvalidArgumentError, type Command } from "commander";
import { Document } from "@langchain/core/documents";
import { CrossEncoderReranker } from "../cross-encoder/cross-encoder-reranker.ts";
import { OnnxEmbeddings } from "../embeddings/onnx-embeddings.ts";
import type { Device } from "../model/workers/device.ts";
import { locateModel } from "../model/files/model-files.ts";
import {
  indexFolder,
  type IndexFolderOptions,
  type IndexReport,
} from "../retrieval/index-folder.ts";
import type { TwoStageSearchOptions } from "../retrieval/two-stage-options.ts";
import { SearchIndex, type SearchStages } from "../retrieval/search-index.ts";
import type { RetrievalTrace } from "../documents/retrieval-trace.ts";
import type { Bm25Retriever } from "../lexical/bm25-retriever.ts";
import { DenseRetriever } from "../vector-store/dense-retriever.ts";
import { collectionNameWords, isCollectionName } from "../vector-store/collection-name.ts";
import { withWords, type CommandWords } from "./command-words.ts";
import { completeLexical } from "./complete-lexical.ts";
import { folderFiles } from "./indexed-folders.ts";
import { LexicalFile } from "./lexical-file.ts";
import { openStore, requireStore, type OpenedStore } from "./open-store.ts";
import { progressBars } from "./output.ts";
import { ReopeningStore } from "./reopening-store.ts";

/** Options of every command that retrieves. */
export interface PipelineOptions {
  readonly model: string;
  readonly reranker: string;
  readonly device: Device;
  readonly store: string;
  readonly collection: string;
}

/** Models and store of one command; disposing of it frees the workers and disconnects from the server. */
export interface Pipeline extends AsyncDisposable, Models, Pick<OpenedStore, "store" | "location"> {
  /** Indexes a folder in the store and in the lexical index beside it. */
  index(
    folder: string,
    options: Omit<IndexFolderOptions, "store" | "lexical" | "signal"> & {
      readonly signal: AbortSignal;
    },
  ): Promise<IndexReport>;
  /** What a search reads. */
  readonly searchIndex: SearchIndex;
  /** Loads the models that a search uses, so that its time does not include start-up. */
  load(question: string, options?: Pick<TwoStageSearchOptions, "rerank">): Promise<void>;
  /** Searches with both stages, after loading the models. */
  search(
    question: string,
    options: TwoStageSearchOptions,
    stages?: SearchStages,
  ): Promise<RetrievalTrace>;
}

/** The guides that are part of the package. */
export const sampleDocuments: string = fileURLToPath(
  new URL("../../sample_documents", import.meta.url),
);

/** The source tree has small models; elsewhere, small models from the hub are used instead. */
const isSourceTree = existsSync(new URL("../../models", import.meta.url));
export const defaultModels: { readonly model: string; readonly reranker: string } = {
  model: "all-MiniLM-L6-v2",
  reranker: isSourceTree ? "rerank-minilm-l6" : "ms-marco-MiniLM-L6-v2",
};

const devices: readonly string[] = ["auto", "cuda", "webgpu", "cpu"] satisfies Device[];

/** The default collection of `index`, `search` and `ask`. */
export const defaultCollection = "documents";
export const defaultStore = ".langchain-rerank/chroma";

export function addModelOptions(command: Command): Command {
  return addEmbeddingOptions(command).option(
    "--reranker <name>",
    "cross-encoder: alias, hub id or folder",
    defaultModels.reranker,
  );
}

function addEmbeddingOptions(command: Command): Command {
  return command
    .option("--model <name>", "bi-encoder: alias, hub id or folder", defaultModels.model)
    .option("--device <name>", `where models run: ${devices.join(", ")}`, parseDevice, "auto");
}

export function addPipelineOptions(command: Command, collection: string): Command {
  return addStoreOptions(addModelOptions(command), collection);
}

/** Adds the options of a command that does not search, and so does not rerank. */
export function addIndexOptions(command: Command, collection: string): Command {
  return addStoreOptions(addEmbeddingOptions(command), collection);
}

function addStoreOptions(command: Command, collection: string): Command {
  return command
    .option(
      "--store <where>",
      "where passages are stored: a folder, or the URL of a Chroma server",
      parseStore,
      defaultStore,
    )
    .option("--collection <name>", "collection in the store", parseCollection, collection);
}

export function parseCount(text: string): number {
  const count = Number(text);
  if (Number.isSafeInteger(count) && count >= 1) return count;
  throw new InvalidArgumentError("Expected a whole number of at least 1.");
}

export function parseShare(text: string): number {
  const share = text.trim() === "" ? Number.NaN : Number(text);
  if (share >= 0 && share <= 1) return share;
  throw new InvalidArgumentError("Expected a number from 0 to 1.");
}

/** The models of a command, before they are loaded; their creator disposes of them. */
export interface Models {
  readonly embeddings: OnnxEmbeddings;
  readonly reranker: CrossEncoderReranker;
}

/** Refuses a misspelt name; loads nothing. */
export async function openModels({
  model,
  reranker,
  device,
}: Pick<PipelineOptions, "model" | "reranker" | "device">): Promise<Models> {
  await requireModels(model, [reranker]);
  const onProgress = progressBars();
  return {
    embeddings: new OnnxEmbeddings({ model, device, onProgress }),
    reranker: new CrossEncoderReranker({ model: reranker, device, onProgress }),
  };
}

export async function openPipeline(
  {
    reranker: rerankerModel = defaultModels.reranker,
    ...options
  }: Omit<PipelineOptions, "reranker"> & Partial<Pick<PipelineOptions, "reranker">>,
  {
    store: wanted,
    create = true,
  }: { readonly store: "existing" | "new"; readonly create?: boolean } = { store: "new" },
): Promise<Pipeline> {
  // Reports a misspelt name before a server is started.
  const { embeddings, reranker } = await openModels({ ...options, reranker: rerankerModel });
  if (wanted === "existing") requireStore(options.store);
  const opened = await openStore(embeddings, { ...options, create });
  const { store, location, lexicalFile, folders } = opened;
  const lexical = new LexicalFile(lexicalFile);
  const stored = new ReopeningStore(opened, () =>
    openStore(embeddings, { ...options, create: false }),
  );
  const searchIndex = new SearchIndex({
    dense: {
      candidates: (query, search) =>
        stored.read(async (now) =>
          new DenseRetriever({ store: now.store }).candidates(query, search),
        ),
    },
    lexical: () => lexical.openToRead(),
    reranker,
    // Names both the store and the collection.
    id: lexicalFile,
    passages: (ids) =>
      stored.read(async (now) =>
        "storedDocuments" in now.store
          ? now.store.storedDocuments(ids)
          : passagesOf(await lexical.openToRead(), ids),
      ),
  });
  // Loads each model with one small run; `info()` would also read a large model to hash it.
  const load: Pipeline["load"] = async (question, { rerank = true } = {}) => {
    await Promise.all([
      embeddings.embedQuery(question),
      rerank && withWords(rerankerWords, () => reranker.scorer.score(question, [question])),
    ]);
  };
  return {
    embeddings,
    reranker,
    store,
    location,
    async index(folder, { signal: stop, ...indexOptions }) {
      return lexical.update(async (bm25, signal) => {
        const settings = { ...indexOptions, signal, store, lexical: bm25 };
        if (folders === undefined || !("storedDocuments" in store)) {
          return indexFolder(folder, settings);
        }
        const isOnly = indexOptions.prune === true;
        const files = await folderFiles(folder, { ...indexOptions, signal });
        if (!isOnly) await folders.requireDistinct(files, store);
        // An interrupted call has stored some of its files.
        await folders.add(files, { isOnly: false });
        const report = await indexFolder(folder, settings);
        if (isOnly) await folders.add(files, { isOnly });
        await completeLexical(bm25, store, signal);
        return report;
      }, stop);
    },
    searchIndex,
    load,
    async search(question, searchOptions, stages) {
      const searched = await searchIndex.retriever(stages);
      await load(question, searchOptions);
      return searched.search(question, searchOptions);
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([embeddings.dispose(), reranker.dispose(), stored.close()]);
    },
  };
}

/** What an error about the reranker calls its model. */
export const rerankerWords: CommandWords = { model: "--reranker" };

/** Refuses a name that is not a model. */
export async function requireModels(
  model: string,
  rerankers: readonly string[],
  words: CommandWords = rerankerWords,
): Promise<void> {
  locateModel(model);
  for (const reranker of rerankers) await withWords(words, () => locateModel(reranker));
}

function passagesOf({ index }: Bm25Retriever, ids: readonly string[]): Document[] {
  return ids.flatMap((id) => {
    const { text, metadata = {} } = index.get(id) ?? {};
    return text === undefined ? [] : [new Document({ id, pageContent: text, metadata })];
  });
}

function parseStore(text: string): string {
  if (text.trim() !== "") return text;
  throw new InvalidArgumentError('Expected a folder, a URL or "memory".');
}

function parseCollection(text: string): string {
  if (isCollectionName(text)) return text;
  throw new InvalidArgumentError(`Expected ${collectionNameWords}.`);
}

function parseDevice(text: string): Device {
  const device = (["auto", "cuda", "webgpu", "cpu"] as const).find((known) => known === text);
  if (device !== undefined) return device;
  throw new InvalidArgumentError(`Expected one of ${devices.join(", ")}.`);
}
