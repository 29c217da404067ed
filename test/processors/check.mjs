// Checks the arithmetic of int8 graphs on this processor, on the built package:
//
//   node test/processors/check.mjs [--all] [--kernels exact|exact-if-widened]
//
// Every form of int8 product gives its exact result, and the bundled models and those with a head in modules
// give their golden values. Under `qemu-x86_64 -cpu Haswell` it does so on a processor whose own kernels
// saturate; `--kernels` says which kernels must be found, so that an emulator that does not saturate proves
// nothing unnoticed. Without `--all` texts of more than 64 tokens are left out: an emulator takes minutes for
// them.
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { OnnxCrossEncoder, OnnxEmbeddings } from "../../dist/index.js";
import { findInt8Kernels } from "../../dist/model/workers/int8-arithmetic.js";
import { arithmeticOf } from "../../dist/model/files/int8-products.js";
import { inspectGraph } from "../../dist/model/files/onnx-graph.js";
import { plantedFusion } from "./planted-fusion.mjs";
import { sessionOptions } from "../../dist/model/workers/session.js";

const { values: options } = parseArgs({
  options: { all: { type: "boolean", default: false }, kernels: { type: "string" } },
});
const fixtures = new URL("../fixtures/", import.meta.url);
const read = (name) => JSON.parse(readFileSync(new URL(`golden/${name}.json`, fixtures), "utf8"));
const isTried = ({ tokens }) => options.all || tokens <= 64;
let failures = 0;
function report(isRight, text) {
  console.log(`${isRight ? "right" : "WRONG"}  ${text}`);
  if (!isRight) failures += 1;
}

const kernels = await findInt8Kernels();
report(kernels === (options.kernels ?? kernels), `int8 kernels: ${kernels}`);

/** What a graph gives for activations that are all as large as can be. */
async function resultOf({ name, feed, shape }, widensInt8) {
  const path = new URL(`graphs/int8/${name}.onnx`, fixtures).pathname;
  const session = await InferenceSession.create(
    path,
    sessionOptions({ provider: "cpu", widensInt8 }),
  );
  const size = shape.reduce((product, length) => product * length, 1);
  const data = feed === "uint8" ? new Uint8Array(size).fill(255) : new Float32Array(size).fill(1);
  const { y } = await session.run({ x: new Tensor(feed, data, shape) });
  await session.release();
  return Number(y.data[0]);
}

for (const graph of read("int8-products").graphs) {
  const path = new URL(`graphs/int8/${graph.name}.onnx`, fixtures).pathname;
  const { int8Products } = await inspectGraph(path);
  const arithmetic = arithmeticOf(int8Products, kernels);
  const found = await resultOf(graph, arithmetic === "int8-widened");
  const isExact = Math.abs(found / graph.expected - 1) < 1e-6;
  // Where it is said to saturate it must, or the package refuses to trust what is right.
  report(
    isExact === (arithmetic !== "int8-saturating"),
    `${graph.name}: ${found} for ${graph.expected}, ${arithmetic}`,
  );
  if (arithmetic !== "int8-widened") continue;
  const asIs = await resultOf(graph, false);
  report(asIs < graph.expected * 0.6, `${graph.name}, not widened: ${asIs}`);
}

/** How many of the differences are within the narrow tolerance, and whether all are within the wide one. */
function judge(name, differences, { each, most, share }) {
  const within = differences.filter((difference) => difference <= most).length;
  const [largest, needed] = [Math.max(...differences), Math.ceil(share * differences.length)];
  const mean = differences.reduce((sum, one) => sum + one, 0) / differences.length;
  report(
    largest <= each && within >= needed,
    `${name}: ${differences.length} values, off by ${mean.toFixed(4)} on average and ${largest.toFixed(4)} at most, ${within} within ${most}`,
  );
}

const { tolerances, pairs, embeddings: texts } = read("bundled-models");
for (const model of ["rerank-minilm-l6", "rerank-minilm-l3"]) {
  const scorer = new OnnxCrossEncoder({ model, device: "cpu" });
  const differences = [];
  for (const { query, text, logits } of pairs.filter(isTried)) {
    const {
      scores: [score],
    } = await scorer.score(query, [text]);
    differences.push(Math.abs(score - logits[model]));
  }
  const { arithmetic } = await scorer.info();
  await scorer.dispose();
  judge(`${model} (${arithmetic}), logits`, differences, tolerances.logit);
}

const embeddings = new OnnxEmbeddings({ model: "all-MiniLM-L6-v2", device: "cpu" });
const tried = texts.filter(isTried);
const vectors = await embeddings.embedDocuments(tried.map(({ text }) => text));
await embeddings.dispose();
const distances = tried.map(({ vector }, index) => {
  const product = vector.reduce((sum, value, place) => sum + value * vectors[index][place], 0);
  return 1 - product / (Math.hypot(...vector) * Math.hypot(...vectors[index]));
});
judge("all-MiniLM-L6-v2, cosine distances", distances, tolerances.cosineDistance);

// Heads in modules after the graph, in single precision: the first rows of their golden values.
const modules = read("modules");
const folderOf = (name) => new URL(`modules/${name}`, fixtures).pathname;
const textOf = (text) => (typeof text === "string" ? text : text.repeat.repeat(text.times));
const rows = options.all ? Infinity : 12;
const exact = { each: 1e-4, most: 1e-4, share: 1 };
for (const [name, expected] of Object.entries(modules.rerankers)) {
  const scorer = new OnnxCrossEncoder({ model: folderOf(name), device: "cpu" });
  const differences = [];
  for (const [index, [query, text]] of modules.pairs.slice(0, rows).entries()) {
    const { scores } = await scorer.score(textOf(query), [textOf(text)]);
    differences.push(Math.abs(scores[0] - expected[index]));
  }
  await scorer.dispose();
  judge(`${name}, logits`, differences, exact);
}
for (const [name, { documents }] of Object.entries(modules.embedders)) {
  const embedder = new OnnxEmbeddings({ model: folderOf(name), device: "cpu" });
  const found = await embedder.embedDocuments(modules.texts.slice(0, rows));
  await embedder.dispose();
  const differences = found.flatMap((vector, index) =>
    vector.map((value, place) => Math.abs(value - documents[index][place])),
  );
  judge(`${name}, numbers of vectors`, differences, exact);
}

// A fusion fitted with the same seed: its weights as every processor must give them.
const fusionWeights = {
  denseScore: -0.0003181799176558251,
  denseReciprocalRank: -0.000980410879903405,
  denseFound: 0,
  lexicalScore: 0.09524720445873185,
  lexicalReciprocalRank: 0.0009241037372951559,
  lexicalFound: 0,
  fusedScore: 0,
  rerankScore: 0.10775832384812153,
};
const fusionDifferences = plantedFusion().weights.map(({ feature, weight }) =>
  Math.abs(weight - fusionWeights[feature]),
);
judge("fitted fusion, weights", fusionDifferences, { each: 1e-9, most: 1e-9, share: 1 });

console.log(failures === 0 ? "All right." : `${failures} wrong.`);
process.exitCode = failures === 0 ? 0 : 1;
