/**
 * How long MaxSim takes: one query of 32 tokens with 100 passages of 128 tokens, in one thread. Compares loops over
 * Float32Array, loops over Int8Array with a scale for each vector, and the product of ONNX Runtime that the package
 * uses, from float vectors and from int8 vectors. Prints the fastest of the rounds, because other load on the machine
 * only adds time, and the median.
 *
 *     npm run build
 *     node test/bench/max-sim.mjs [rounds]
 */
import assert from "node:assert/strict";
import { loadavg } from "node:os";
import { MaxSim } from "../../dist/model/workers/max-sim.js";
import { median } from "./generated-passages.mjs";

const rounds = Number(process.argv[2] ?? 20);
const [queryTokens, passages, tokens] = [32, 100, 128];
const ends = Int32Array.from({ length: passages }, (_, index) => (index + 1) * tokens);

/** Unit vectors from a fixed sequence. */
function unitVectors(count, width) {
  const values = new Float32Array(count * width);
  let seed = 1;
  for (let start = 0; start < values.length; start += width) {
    let sum = 0;
    for (let i = start; i < start + width; i++) {
      seed = (seed * 48271) % 2147483647;
      values[i] = seed / 2147483647 - 0.5;
      sum += values[i] ** 2;
    }
    for (let i = start; i < start + width; i++) values[i] /= Math.sqrt(sum);
  }
  return values;
}

function quantized(values, width) {
  const scales = new Float32Array(values.length / width);
  const bytes = new Int8Array(values.length);
  for (let vector = 0; vector < scales.length; vector++) {
    let most = 0;
    const start = vector * width;
    for (let i = start; i < start + width; i++) most = Math.max(most, Math.abs(values[i]));
    scales[vector] = most / 127;
    for (let i = start; i < start + width; i++) bytes[i] = Math.round(values[i] / scales[vector]);
  }
  return { values: bytes, scales };
}

function floatDot(a, from, b, at, width) {
  let [s, t, u, v] = [0, 0, 0, 0];
  for (let i = 0; i < width; i += 4) {
    s += a[from + i] * b[at + i];
    t += a[from + i + 1] * b[at + i + 1];
    u += a[from + i + 2] * b[at + i + 2];
    v += a[from + i + 3] * b[at + i + 3];
  }
  return s + t + (u + v);
}

function integerDot(a, from, b, at, width) {
  let [s, t, u, v] = [0, 0, 0, 0];
  for (let i = 0; i < width; i += 4) {
    s = (s + Math.imul(a[from + i], b[at + i])) | 0;
    t = (t + Math.imul(a[from + i + 1], b[at + i + 1])) | 0;
    u = (u + Math.imul(a[from + i + 2], b[at + i + 2])) | 0;
    v = (v + Math.imul(a[from + i + 3], b[at + i + 3])) | 0;
  }
  return (s + t + u + v) | 0;
}

function loops(query, documents, width, similarity) {
  return Float64Array.from(ends, (end, passage) => {
    let score = 0;
    for (let q = 0; q < query.values.length; q += width) {
      let most = -Infinity;
      for (let vector = ends[passage - 1] ?? 0; vector < end; vector++) {
        most = Math.max(most, similarity(query, q, documents, vector, width));
      }
      score += most;
    }
    return score;
  });
}

/** Vectors as a worker receives them. */
function messageOf({ values, scales }) {
  return { buffer: values.buffer, scales };
}

const floatSimilarity = (query, q, documents, vector, width) =>
  floatDot(query.values, q, documents.values, vector * width, width);
const integerSimilarity = (query, q, documents, vector, width) =>
  integerDot(query.values, q, documents.values, vector * width, width) *
  (query.scales[q / width] * documents.scales[vector]);

console.log("| width | how | fastest, ms | median, ms | largest difference |");
console.log("| --- | --- | --- | --- | --- |");
const maxSim = new MaxSim();
for (const width of [96, 128, 384]) {
  const query = { values: unitVectors(queryTokens, width) };
  const floats = {
    values: unitVectors(passages * tokens + queryTokens, width).slice(queryTokens * width),
  };
  const bytes = quantized(floats.values, width);
  const queryBytes = quantized(query.values, width);
  const ways = {
    "loops over Float32Array": () => loops(query, floats, width, floatSimilarity),
    "loops over Int8Array": () => loops(queryBytes, bytes, width, integerSimilarity),
    "ONNX Runtime, float": () =>
      maxSim.score({ query: query.values, width, passages: messageOf(floats), ends }),
    "ONNX Runtime, from int8": () =>
      maxSim.score({ query: query.values, width, passages: messageOf(bytes), ends }),
  };
  const expected = ways["loops over Float32Array"]();
  for (const [name, run] of Object.entries(ways)) {
    const times = [];
    let scores = await run();
    for (let round = 0; round < rounds; round++) {
      const startedAt = performance.now();
      scores = await run();
      times.push(performance.now() - startedAt);
    }
    const difference = Math.max(...scores.map((score, index) => Math.abs(score - expected[index])));
    assert.ok(difference < 0.05, `${name} computes something else: ${difference}`);
    console.log(
      `| ${width} | ${name} | ${Math.min(...times).toFixed(1)} | ${median(times).toFixed(1)} | ${difference.toExponential(1)} |`,
    );
  }
}
console.log(
  `\nLoad average: ${loadavg()
    .map((each) => each.toFixed(1))
    .join(", ")}`,
);
