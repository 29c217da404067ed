/**
 * Times cross-encoders on one query and 100 passages of about 32, 128 and 256 tokens, tokenising included:
 * the same MiniLM of six layers everywhere, each library with its defaults in a process of its own, and raw
 * ONNX Runtime in several layouts to show what the machine can do. All are loaded; in each round one after
 * the other scores the same pairs, which are new in every round. Round 0 warms up, and its scores are
 * compared with torch's; times are medians of the other rounds. It prints Markdown.
 *
 *     npm run build
 *     python -m venv /elsewhere/onnx
 *     /elsewhere/onnx/bin/pip install torch==2.13.0 "sentence-transformers[onnx]==5.7.0"
 *     /elsewhere/onnx/bin/python test/bench/make_minilm.py /elsewhere/minilm
 *     python -m venv /elsewhere/python
 *     /elsewhere/python/bin/pip install torch==2.13.0 sentence-transformers==6.2.0 flashrank==0.2.10 \
 *       onnxruntime==1.32.0 tokenizers==0.23.3
 *     npm install --ignore-scripts --prefix /elsewhere/node @huggingface/transformers@4.3.1
 *     MODELS=/elsewhere/minilm PEERS=/elsewhere/node PYTHON=/elsewhere/python/bin/python \
 *       PYTHON_ONNX=/elsewhere/onnx/bin/python node test/bench/cross-encoder-peers.mjs
 *
 * With `MODELS=/elsewhere/ettin`, made by `make_ettin.py`, it times a model whose head is in files beside the graph.
 * FlashRank and transformers.js cannot run such a model, and raw ONNX Runtime runs its encoder only.
 *
 * sentence-transformers has a Python of its own for its ONNX backend, since its newest release cannot be installed
 * beside optimum-onnx. A peer that is not installed is left out. On more than two cores, put `taskset -c 0,1` before
 * `node`. It waits and repeats while others use the machine, up to --patience minutes in all. More options: --pairs,
 * --rounds, --lengths 32,128 and --only with a part of a name.
 */
import { loadavg } from "node:os";
import { parseArgs } from "node:util";
import { max, median, min, sampleRankCorrelation } from "simple-statistics";
import {
  flashrank,
  folderOf,
  hasHeadBesideGraph,
  optimum,
  ours,
  raw,
  torch,
  transformersJs,
} from "./peers/commands.mjs";
import { PeersInTurn } from "./peers/in-turn.mjs";
import { PassageSource } from "./peers/passages.mjs";
import { printConditions, printTable, rounded } from "./peers/report.mjs";

const { values: options } = parseArgs({
  options: {
    pairs: { type: "string", default: "100" },
    rounds: { type: "string", default: "5" },
    lengths: { type: "string", default: "32,128,256" },
    patience: { type: "string", default: "10" },
    only: { type: "string", default: "" },
  },
});
const pairs = Number(options.pairs);
const rounds = Number(options.rounds);
const lengths = options.lengths.split(",").map(Number);

const kind = "cross-encoder";
const self = "**ours**, int8";
const anotherModel = "ours, bundled rerank-minilm-l6, int8";
const reference = "sentence-transformers, torch fp32";
const commands = {
  [self]: ours(kind),
  "ours, fp32": ours(kind, { dtype: "fp32" }),
  [anotherModel]: ours(kind, { model: "rerank-minilm-l6" }),
  [reference]: torch(kind),
  "sentence-transformers, ONNX fp32": optimum(kind, "onnx/model.onnx"),
  "sentence-transformers, ONNX int8": optimum(kind),
  "FlashRank, int8": flashrank(),
  "transformers.js, int8": transformersJs(kind),
  "raw int8, 1 pair a run, 1 session of 2 threads": raw(kind, {
    sessions: 1,
    threads: 2,
    batch: 1,
  }),
  "raw int8, 1 pair a run, 2 sessions": raw(kind, { sessions: 2, threads: 1, batch: 1 }),
  "raw int8, widened, 1 pair a run, 2 sessions": raw(kind, {
    sessions: 2,
    threads: 1,
    batch: 1,
    widened: 1,
  }),
  "raw int8, 8 sorted pairs a run, 2 sessions": raw(kind, { sessions: 2, threads: 1, batch: 8 }),
  "raw int8, 32 sorted pairs a run, 2 sessions": raw(kind, { sessions: 2, threads: 1, batch: 32 }),
};

const canRun = (name) => !hasHeadBesideGraph(kind) || !/^(FlashRank|transformers\.js)/.test(name);
const loadBefore = loadavg()[0];
const source = new PassageSource(folderOf(kind));
const query = "how does a reranker read passages";
const frame = source.countTokens(query) + 3;
const peers = await PeersInTurn.start(
  Object.entries(commands).filter(([name]) => name.includes(options.only) && canRun(name)),
  Number(options.patience),
);
const tokenCounts = lengths.map(() => []);
const readings = [];
for (const [place, tokens] of lengths.entries()) {
  const requestOf = () => {
    const texts = Array.from({ length: pairs }, () => source.draw(tokens - frame));
    tokenCounts[place].push(...texts.map((text) => source.countTokens(text) + frame));
    return { query, texts, kept: pairs };
  };
  readings.push(await peers.measure(`${tokens} tokens`, rounds, requestOf));
}

console.log(
  `\n${pairs} pairs, medians of ${rounds} rounds. Tokens of a pair, least, median and most:`,
);
console.log(
  `${tokenCounts.map((counts) => `${min(counts)}, ${median(counts)}, ${max(counts)}`).join("; ")}.\n`,
);
const speedTitles = lengths.map((tokens) => [
  `${tokens} tokens, ms`,
  "pairs a second",
  "ours is times",
]);
printTable(
  ["peer", ...speedTitles.flat(), "largest difference from torch"],
  peers.names().map(speedRow),
);
const checkTitles = lengths.map((tokens) => `rank correlation with torch, ${tokens} tokens`);
printTable(
  ["peer", ...checkTitles, "fastest to slowest round, ms", "peak MB"],
  peers.names().map(checkRow),
);
const limits = readings.map((reading) => {
  const layouts = [...reading].filter(([name]) => name.startsWith("raw"));
  return Math.min(...layouts.map(([, { medianMs }]) => medianMs));
});
if (limits.every(Number.isFinite)) {
  console.log(
    `The fastest raw layout of each length took ${limits.map(rounded).join(" / ")} ms.\n`,
  );
}
await printConditions(peers, loadBefore);
await peers.end();

function speedRow(name) {
  const cells = readings.map((reading) => {
    const [ms, oursMs] = [name, self].map((peer) => reading.get(peer)?.medianMs);
    const ratio = oursMs === undefined ? "–" : (ms / oursMs).toFixed(2);
    return [rounded(ms), rounded((1000 * pairs) / ms), ratio];
  });
  return [name, ...cells.flat(), largestDifference(name)];
}

/** Scores of another model, or of an encoder without its head, cannot be held against torch's. */
function isComparable(name) {
  const isAnother = name === anotherModel || (name.startsWith("raw") && hasHeadBesideGraph(kind));
  return !isAnother && peers.names().includes(reference);
}

/** Of probabilities, over the pairs of all lengths. */
function largestDifference(name) {
  if (!isComparable(name)) return "–";
  const differences = readings.flatMap((reading) => {
    const expected = probabilitiesOf(reference, reading);
    return probabilitiesOf(name, reading).map((score, pair) => Math.abs(score - expected[pair]));
  });
  return max(differences).toExponential(1);
}

function checkRow(name) {
  const correlations = readings.map((reading) => {
    if (!isComparable(name)) return "–";
    const [own, expected] = [name, reference].map((peer) => probabilitiesOf(peer, reading));
    return sampleRankCorrelation(own, expected).toFixed(3);
  });
  const spans = readings.map((reading) => {
    const { fastestMs, slowestMs } = reading.get(name);
    return `${rounded(fastestMs)}–${rounded(slowestMs)}`;
  });
  return [name, ...correlations, spans.join(" / "), rounded(peers.peakMb(name))];
}

/** sentence-transformers and FlashRank give probabilities by default, the others logits. */
function probabilitiesOf(name, reading) {
  const scores = reading.get(name)?.result ?? [];
  const isLogit = !/^(sentence-transformers|FlashRank)/.test(name);
  return isLogit ? scores.map((score) => 1 / (1 + Math.exp(-score))) : scores;
}
