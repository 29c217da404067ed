/**
 * Times bi-encoders on 2,000 passages of 20 to 200 tokens, tokenising, pooling and unit length included:
 * the same MiniLM of six layers everywhere, each library with its defaults in a process of its own, and
 * raw ONNX Runtime in two layouts to show what the machine can do. All are loaded; in each round one
 * after the other embeds the same passages, which are new in every round. Round 0 warms up on 200 of
 * them; times are medians of the other rounds. It prints Markdown.
 *
 *     npm run build
 *     python -m venv /elsewhere/onnx
 *     /elsewhere/onnx/bin/pip install torch==2.13.0 "sentence-transformers[onnx]==5.7.0"
 *     /elsewhere/onnx/bin/python test/bench/make_minilm.py /elsewhere/minilm
 *     python -m venv /elsewhere/python
 *     /elsewhere/python/bin/pip install torch==2.13.0 sentence-transformers==6.2.0 fastembed==0.9.1 \
 *       onnxruntime==1.32.0 tokenizers==0.23.3
 *     npm install --ignore-scripts --prefix /elsewhere/langchain @langchain/community@1.1.29 \
 *       @langchain/core@1.4.0 @langchain/classic@1.0.50 @huggingface/transformers@3.8.1
 *     MODELS=/elsewhere/minilm PEERS=/elsewhere/langchain PYTHON=/elsewhere/python/bin/python \
 *       PYTHON_ONNX=/elsewhere/onnx/bin/python node test/bench/embedding-peers.mjs
 *
 * It takes 20 GB of memory, of which LangChain's batches of 512 take 11; --passages 300 needs less. More in
 * cross-encoder-peers.mjs. Options: --passages, --rounds, --patience and --only with a part of a name.
 */
import { loadavg } from "node:os";
import { parseArgs } from "node:util";
import { mean, median, sum } from "simple-statistics";
import {
  fastembed,
  folderOf,
  langchainEmbeddings,
  optimum,
  ours,
  raw,
  torch,
} from "./peers/commands.mjs";
import { PeersInTurn } from "./peers/in-turn.mjs";
import { PassageSource } from "./peers/passages.mjs";
import { printConditions, printTable, rounded } from "./peers/report.mjs";

const { values: options } = parseArgs({
  options: {
    passages: { type: "string", default: "2000" },
    rounds: { type: "string", default: "3" },
    patience: { type: "string", default: "10" },
    only: { type: "string", default: "" },
  },
});
const passages = Number(options.passages);
const rounds = Number(options.rounds);

const kind = "bi-encoder";
const self = "**ours**, int8";
const commands = {
  [self]: ours(kind),
  "LangChain HuggingFaceTransformersEmbeddings, int8": langchainEmbeddings(kind),
  "fastembed, int8": fastembed(kind),
  "sentence-transformers, torch fp32": torch(kind),
  "sentence-transformers, ONNX int8": optimum(kind),
  "raw int8, 1 text a run, 2 sessions": raw(kind, { sessions: 2, threads: 1, batch: 1 }),
  "raw int8, 8 sorted texts a run, 2 sessions": raw(kind, { sessions: 2, threads: 1, batch: 8 }),
};

const loadBefore = loadavg()[0];
const source = new PassageSource(folderOf(kind));
const peers = await PeersInTurn.start(
  Object.entries(commands).filter(([name]) => name.includes(options.only)),
  Number(options.patience),
);
const tokenCounts = [];
const requestOf = (round) => {
  const length = round === 0 ? Math.ceil(passages / 10) : passages;
  const texts = Array.from({ length }, () => source.draw(source.between(20, 200)));
  tokenCounts.push(...texts.map((text) => source.countTokens(text) + 2));
  return { texts, kept: 100 };
};
const readings = await peers.measure("embedding", rounds, requestOf);

console.log(
  `\n${rounded(passages)} passages of ${median(tokenCounts)} tokens in the median, medians of ${rounds} rounds.\n`,
);
printTable(
  [
    "peer",
    "seconds",
    "passages a second",
    "ours is times",
    "mean cosine with ours",
    "fastest to slowest round, s",
    "peak MB",
  ],
  peers.names().map(row),
);
await printConditions(peers, loadBefore);
await peers.end();

function row(name) {
  const { medianMs, fastestMs, slowestMs, result } = readings.get(name);
  const own = readings.get(self);
  const cosines = own?.result.map((vector, place) => cosine(vector, result[place]));
  return [
    name,
    seconds(medianMs),
    rounded((1000 * passages) / medianMs),
    own ? (medianMs / own.medianMs).toFixed(2) : "–",
    cosines ? mean(cosines).toFixed(4) : "–",
    `${seconds(fastestMs)}–${seconds(slowestMs)}`,
    rounded(peers.peakMb(name)),
  ];
}

function seconds(milliseconds) {
  return (milliseconds / 1000).toFixed(1);
}

/** Of unit vectors. */
function cosine(one, other) {
  return sum(one.map((value, dimension) => value * other[dimension]));
}
