/** Command lines that start the peers, with the folders and interpreters that the environment names. */
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const { MODELS = "minilm", PYTHON = "python3", PYTHON_ONNX = PYTHON } = process.env;
const int8 = "onnx/model_qint8_avx512_vnni.onnx";
const inPython = (name) => join(import.meta.dirname, name);
const inNode = (address, ...options) => [process.execPath, fileURLToPath(address), ...options];

/** The folder of a model that `make_minilm.py` or `make_ettin.py` made. */
export const folderOf = (kind) => resolve(MODELS, kind);

/** Whether the graph lacks the model's head, which only some peers know how to apply. */
export const hasHeadBesideGraph = (kind) => existsSync(join(folderOf(kind), "1_Pooling"));

export const ours = (kind, { model = folderOf(kind), dtype = "int8" } = {}) =>
  inNode(import.meta.resolve("./ours.mjs"), kind, model, dtype);

const sentenceTransformers = inPython("sentence_transformers_peer.py");
export const torch = (kind) => [PYTHON, sentenceTransformers, kind, folderOf(kind)];
export const optimum = (kind, graph = int8) => [
  PYTHON_ONNX,
  sentenceTransformers,
  kind,
  folderOf(kind),
  graph,
];

export const flashrank = () => [PYTHON, inPython("flashrank_peer.py"), folderOf("flashrank")];

export const fastembed = (kind) => [PYTHON, inPython("fastembed_peer.py"), folderOf(kind), int8];

export const transformersJs = (kind) =>
  inNode(import.meta.resolve("./transformers-js.mjs"), folderOf(kind));

export const langchainEmbeddings = (kind) =>
  inNode(import.meta.resolve("./langchain-embeddings.mjs"), folderOf(kind));

/** ONNX Runtime in Python with nothing around it. */
export const raw = (kind, { sessions, threads, batch, widened = 0 }) => [
  PYTHON,
  inPython("raw_onnx_peer.py"),
  kind,
  folderOf(kind),
  int8,
  ...[sessions, threads, batch, widened].map(String),
];
