// A storm of aborts: many calls at once of scoring, embedding, searching and answering, each aborted at a
// random moment, given a deadline, or let be. Right: an aborted call rejects with its signal's reason and at
// once, any other gives to the bit what it gives alone, and afterwards nothing waits, no signal has a
// listener, and handles, workers and fresh calls are as before:
// node test/faults/aborts.mjs [--count 400] [--seed 1] [--at-once 40]
import { getEventListeners } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { MemoryVectorStore } from "@langchain/classic/vectorstores/memory";
import { Document } from "@langchain/core/documents";
import { FakeListChatModel } from "@langchain/core/utils/testing";
import {
  Bm25Retriever,
  createAnswerChain,
  CrossEncoderReranker,
  DenseRetriever,
  HybridRetriever,
  OnnxCrossEncoder,
  OnnxEmbeddings,
  TwoStageRetriever,
} from "langchain-rerank";
import { below, oneOf, seeded } from "./seeded.mjs";

/** Rejecting takes no longer than this, whatever the workers have in hand. */
const longestRejectionMs = 2000;
const freshCalls = 60;

const { values: options } = parseArgs({
  options: {
    count: { type: "string", default: "400" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
    "at-once": { type: "string", default: "40" },
  },
});
const random = seeded(Number(options.seed));
console.log(`${options.count} calls, seed ${options.seed}`);

let wrong = 0;
function report(reason) {
  wrong += 1;
  console.log(reason);
}
process.on("unhandledRejection", (reason) =>
  report(`a rejection that nobody heard: ${String(reason)}`),
);
process.on("warning", (warning) => report(`a warning: ${warning}`));

/** Workers that were started and have not ended. */
let workers = 0;
let endedWorkers = 0;
process.on("worker", (worker) => {
  workers += 1;
  worker.on("exit", () => {
    workers -= 1;
    endedWorkers += 1;
  });
});

const words = ["river", "deep", "water", "mountain", "cloud", "stone", "valley", "old", "cold"];
const passages = Array.from({ length: 40 }, (_, place) =>
  Array.from({ length: 5 + ((place * 7) % 30) }, (_word, at) => words[(at * place + at) % 9]).join(
    " ",
  ),
);
const documents = passages.map(
  (pageContent, place) =>
    new Document({ id: `p${place}`, pageContent, metadata: { source: `${place % 7}.md` } }),
);
const queries = Array.from(
  { length: 5 },
  (_, place) => `${words[place % 9]} ${words[(place * 5) % 9]}`,
);

const modelOptions = { device: "cpu", workers: 2, threads: 1 };
const scorer = new OnnxCrossEncoder({ ...modelOptions, model: "rerank-minilm-l3", cache: false });
/** Identical calls that overlap share one run, which must outlive those who leave it. */
const sharing = new OnnxCrossEncoder({ ...modelOptions, model: "rerank-minilm-l3" });
const embeddings = new OnnxEmbeddings({ ...modelOptions, model: "all-MiniLM-L6-v2" });
const retriever = new TwoStageRetriever({
  candidates: new HybridRetriever({
    retrievers: [
      new DenseRetriever({ store: await MemoryVectorStore.fromDocuments(documents, embeddings) }),
      await Bm25Retriever.fromDocuments(documents),
    ],
  }),
  reranker: new CrossEncoderReranker({ scorer }),
  candidateCount: 16,
});
const llm = new FakeListChatModel({ responses: ["The river is old [1] and cold [2]."], sleep: 2 });
const chain = createAnswerChain({ retriever, llm });

/** What a document is and how it got its rank. */
const placed = ({ id, metadata: { retrieval, relevanceScore } }) => [id, relevanceScore, retrieval];
const pairs = (query) => passages.slice((query % 5) * 4, (query % 5) * 4 + 16);
/** A number beyond those of the queries makes another one, which no cache knows. */
const scores = async (encoder, query, control) => [
  ...(await encoder.score(`${queries[query % 5]} ${query}`, pairs(query), control)).scores,
];

/** `isPart`: whether a call that a deadline cut short gave a part of the whole, as it was. */
const works = {
  score: {
    run: (query, control) => scores(scorer, query, control),
    isPart: (part, whole) => part.every((score, at) => Number.isNaN(score) || score === whole[at]),
  },
  "shared score": {
    run: (query, control) => scores(sharing, query, control),
    isPart: (part, whole) => part.every((score, at) => Number.isNaN(score) || score === whole[at]),
  },
  embed: {
    async run(query, { signal } = {}) {
      const vectors = [];
      for await (const vector of embeddings.embedStream(pairs(query), { signal })) {
        vectors.push([...vector]);
      }
      return vectors;
    },
  },
  search: {
    async run(query, control) {
      const { documents: found } = await retriever.search(queries[query], { ...control, k: 16 });
      return found.map((document) => placed(document));
    },
    isPart(part, whole) {
      const rawOf = new Map(whole.map(([id, , { rerank }]) => [id, rerank.raw]));
      return part.every(([id, , { rerank }]) => !rerank.scored || rerank.raw === rawOf.get(id));
    },
  },
  invoke: {
    run: async (query, control) =>
      (await retriever.invoke(queries[query], control)).map((document) => placed(document)),
  },
  answer: {
    async run(query, control) {
      let [text, citations] = ["", []];
      for await (const piece of await chain.stream([queries[query]], control)) {
        text += piece.answer ?? "";
        citations = piece.citations ?? citations;
      }
      return [text, citations];
    },
  },
};
const kinds = Object.keys(works);

/** JSON that tells NaN from what is missing. */
const asText = (value) =>
  JSON.stringify(value, (_key, each) => (Number.isNaN(each) ? "NaN" : each));

// Alone, one after the other; then as many as in the storm, so that all workers are there.
const whole = new Map();
for (const kind of kinds) {
  if (kind === "shared score") continue;
  for (const query of queries.keys()) whole.set(`${kind} ${query}`, await works[kind].run(query));
}
for (const query of Array(sharedPairs(Number(options.count)) + queries.length).keys()) {
  whole.set(`shared score ${query}`, await scores(scorer, query));
}
const wholeOf = ({ kind, query }) => whole.get(`${kind} ${query}`);
await Promise.all(
  kinds.flatMap((kind) => [...queries.keys()].map((query) => works[kind].run(query))),
);
const before = await quiet();

const outcomes = { whole: 0, part: 0, aborted: 0 };
const signals = new Set();
const abortTimes = new Map();
let longest = 0;
/** A reason of its own that calls share, some of the time. */
let group;
const plans = Array.from({ length: Number(options.count) }, (_, index) => plan(index));
const startedAt = performance.now();
await Promise.all(
  Array.from({ length: Number(options["at-once"]) }, async () => {
    for (let next = plans.shift(); next; next = plans.shift()) await carryOut(next);
  }),
);
const seconds = (performance.now() - startedAt) / 1000;

for (const signal of signals) {
  const left = getEventListeners(signal, "abort").length;
  if (left > 0)
    report(`${left} listeners are left on a signal ${signal.aborted ? "" : "not "}aborted`);
}
const after = await quiet(before);
if (asText(after) !== asText(before)) report(`before ${asText(before)}, after ${asText(after)}`);
await checkQueue();
for (let index = 0; index < freshCalls; index += 1) {
  const call = { kind: kinds[index % kinds.length], query: below(random, queries.length) };
  const found = await works[call.kind].run(call.query);
  if (asText(found) !== asText(wholeOf(call))) {
    report(`a fresh ${call.kind} of query ${call.query} gave ${asText(found)}`);
  }
}
await Promise.all([scorer, sharing, embeddings].map((each) => each.dispose()));
if (workers > 0) report(`${workers} workers are left after dispose()`);
console.log(
  `${wrong} wrong; ${asText(outcomes)} in ${seconds.toFixed(1)} s, the slowest rejection ${Math.round(longest)} ms`,
);
process.exitCode = wrong === 0 ? 0 : 1;

/** Work of minutes that is aborted must be out of the way of the next call. */
async function checkQueue() {
  const many = Array.from({ length: 5000 }, (_, at) => `${passages[at % passages.length]} ${at}`);
  const controller = new AbortController();
  const { signal } = controller;
  const all = [
    scorer.score("river", many, { signal }),
    sharing.score("river", many, { signal }),
    embeddings.embedStream(many, { signal }).next(),
  ];
  const settled = Promise.allSettled(all);
  await sleep(300);
  controller.abort();
  if ((await settled).some(({ reason }) => reason !== signal.reason))
    report("not all were aborted");
  const abortedAt = performance.now();
  const next = [scorer, sharing].map((each) => each.score("the next", ["is not kept waiting"]));
  await Promise.all([...next, embeddings.embedQuery("it is not kept waiting")]);
  const took = performance.now() - abortedAt;
  // A fair queue lets others in before work that nobody wants, which must not be done all the same.
  if (asText(await quiet(before)) !== asText(before)) report("workers are at work for nobody");
  if (took > longestRejectionMs)
    report(`the next calls took ${Math.round(took)} ms behind aborted ones`);
}

/** How many of the queries of shared scoring were asked before this call: few, so that calls meet. */
function sharedPairs(index) {
  return 5 + 2 * Math.floor(index / 40);
}

function plan(index) {
  const kind = oneOf(random, kinds);
  const ends = ["never", "never", "abort", "abort", "abort", "before", "group", "deadline"];
  const end = oneOf(random, ends);
  return {
    index,
    kind,
    query:
      kind === "shared score"
        ? sharedPairs(index) + below(random, 2)
        : below(random, queries.length),
    end,
    hasDeadline: end === "deadline" && works[kind].isPart !== undefined,
    ms: below(random, 600),
  };
}

async function carryOut(call) {
  const { index, kind, query, end, hasDeadline, ms } = call;
  const told = `call ${index}, ${kind} of query ${query}, ${end} ${ms} ms`;
  if (end === "group" && (!group || group.signal.aborted)) group = new AbortController();
  const controller = end === "group" ? group : new AbortController();
  const { signal } = controller;
  signals.add(signal);
  const abort = () => {
    if (signal.aborted) return;
    abortTimes.set(signal, performance.now());
    controller.abort(new Error(`no longer needed: ${told}`));
  };
  if (end === "before") abort();
  const timer = ["abort", "group"].includes(end) ? setTimeout(abort, ms) : undefined;
  try {
    const control = { signal, ...(hasDeadline ? { deadlineMs: ms } : {}) };
    const found = await works[kind].run(query, control);
    if (signal.aborted) report(`${told}: resolved although it was aborted before`);
    const isWhole = asText(found) === asText(wholeOf(call));
    if (isWhole) outcomes.whole += 1;
    else if (hasDeadline && works[kind].isPart(found, wholeOf(call))) outcomes.part += 1;
    else report(`${told}: got ${asText(found)}, alone ${asText(wholeOf(call))}`);
  } catch (error) {
    if (!signal.aborted || error !== signal.reason) {
      const state = signal.aborted ? "aborted" : "not aborted";
      report(`${told}: ${state}, rejected with ${error?.stack}`);
      return;
    }
    outcomes.aborted += 1;
    const took = performance.now() - abortTimes.get(signal);
    longest = Math.max(longest, took);
    if (took > longestRejectionMs)
      report(`${told}: rejected ${Math.round(took)} ms after its abort`);
  } finally {
    clearTimeout(timer);
  }
}

/** What keeps this process busy, once that is as expected or two seconds have passed. */
async function quiet(expected) {
  for (let attempt = 1; ; attempt += 1) {
    await sleep(100);
    const active = process
      .getActiveResourcesInfo()
      .filter((name) => name !== "Timeout")
      .toSorted();
    const found = { active, workers, endedWorkers };
    if (attempt === 20 || (expected && asText(found) === asText(expected))) return found;
  }
}
