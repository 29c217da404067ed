import { describe, expect, test } from "vitest";
import { Bm25Retriever, OnnxCrossEncoder } from "../src/index.ts";
import { takers, things } from "./option-takers.ts";

/**
 * What plain JavaScript and JSON can hand in as an option, by its name: of another type, and out of range. Options
 * that share a name mean the same everywhere.
 */
const badValues: Readonly<Record<string, readonly unknown[]>> = {
  ...each(["k", "topN", "candidateCount", "decisiveRanks", "maxSentences", "maxTokens"], counts(1)),
  ...each(["workers", "threads", "maxWaiting", "window", "columns", "batchSize"], counts(1)),
  ...each(["maxPerSection", "maxPerSource", "depth", "concurrency", "perDocument"], counts(1)),
  ...each(["resamples", "bins", "relevanceLevel", "maxContextTokens"], counts(1)),
  ...each(["chunkSize", "folds", "minQueries"], counts(2)),
  ...each(["deviceId", "minDocuments", "rankConstant", "seed", "warmUpQueries"], counts(0)),
  pairs: counts(0),
  tokens: ["5", -1, Number.NaN, true],
  dimensions: counts(1),
  chunkOverlap: counts(0),
  ...each(
    [
      "deadlineMs",
      "k1",
      "delta",
      "minGain",
      "maxLatencyMs",
      "maxPricePerQuery",
      "latencyTolerance",
    ],
    ["5", -1, Number.NaN, true],
  ),
  ...each(
    ["scoreThreshold", "supportThreshold", "blend", "lambda", "b"],
    ["0.5", -0.1, 7, Number.NaN, true],
  ),
  latencyBudgetMs: ["5", -1, 0, Number.NaN],
  level: ["0.05", 0, 1, Number.NaN],
  power: ["0.8", 0, 1, Number.NaN],
  ...each(["dtype"], ["q8", "", 8]),
  file: ["../model.onnx", "model.pt", "", 5, {}],
  ...each(["device"], ["gpu", "", true]),
  ...each(
    ["pooling", "variant", "normalization", "scoreKind", "texts", "truncation"],
    ["best", "", 5],
  ),
  ...each(["onError", "features"], ["ignore", "", true]),
  ...each(["onNothingFound", "onNoAnswer", "method", "format"], ["ignore", "", 5]),
  language: ["klingon", 5],
  encoding: ["no-such-encoding", 5],
  ...each(["allowNoKey"], ["yes", 1, {}]),
  apiKeys: ["x", 5, {}, ["short"], [5], ["a key with spaces"]],
  port: ["8787", -1, 1.5, 65_536, Number.NaN, true],
  ...each(
    ["cache", "adaptiveDepth", "rerank", "prune", "followSymlinks", "hybrid", "create"],
    ["yes", 1, {}],
  ),
  ...each(["isSynthetic", "verbose", "normalize", "fitted"], ["yes", 1, {}]),
  ...each(
    [
      "onProgress",
      "onScored",
      "onStage",
      "onFailover",
      "onReport",
      "onAccess",
      "idOf",
      "countTokens",
      "toStoreFilter",
      "isRefusal",
      "onFailure",
      "passages",
    ],
    ["f", 1, {}],
  ),
  signal: ["stop", 1, {}, new AbortController()],
  ...each(
    ["model", "host", "nothingFoundText", "description", "tenant", "database", "id"],
    [5, "", " ", ["m"]],
  ),
  ...each(["split", "tag"], [5, "", ["m"]]),
  name: [5, {}, ["m"]],
  apiKey: [5, {}, "", " ", "a\n", ["m"]],
  ...each(["dialect", "scale", "replyFormat"], ["best", "", 5]),
  ...each(["maxCalls", "maxTotalTokens", "maxPassageCharacters", "step"], counts(1)),
  windowSize: counts(2),
  instruction: [5, {}, "", " "],
  ranker: ["x", 5, {}, { name: "n" }, { rank: () => undefined }],
  ...each(["timeoutMs", "maxConcurrency", "batchSize"], ["5", 0, Number.NaN, true]),
  maxRetries: counts(0),
  failover: ["x", 5, {}, { score: 1 }],
  ...each(
    ["queryPrefix", "documentPrefix", "url", "instructions", "title", "command", "machine"],
    [5, {}],
  ),
  ...each(["baseline", "challenger", "resumeFrom"], [5, {}]),
  collection: [5, {}, ["m"]],
  settings: ["x", 5, [], new Map([["model", "m"]])],
  ...each(["path", "vectors"], [5, {}, "", " "]),
  collectionName: [5, "", "a"],
  ...each(
    ["scorer", "reranker", "candidates", "retriever", "store", "fusion", "dense"],
    ["x", 5, {}],
  ),
  ...each(["lexical", "index", "analyzer", "embeddings", "llm", "rewriter"], ["x", 5, {}]),
  ...each(["compressor"], ["x", 5, {}]),
  ...each(["retrievers", "compressors", "owned", "measures", "findings", "stages"], ["x", 5, {}]),
  ...each(["weights"], ["x", 5, {}]),
  ...each(["candidateCounts", "blends", "thresholds"], ["x", 5, {}, []]),
  ...each(["tags", "ignore", "ids", "passageFields", "modelAliases"], ["x", [5], {}]),
  ...each(["metadata", "config", "cost", "search"], ["x", 5, []]),
  headers: ["x", 5, [], new Map(), new Headers({ token: "t" })],
  ...each(["chain"], ["x", 5, {}, { run: () => undefined }]),
  judge: ["x", 5, [], {}],
  configuration: ["x", 5, [], {}, { version: 1, decision: "maybe" }],
  kinds: ["x", 5, [], {}],
  ...each(["experiment", "sweep", "pools", "bakeOff"], ["x", 5, []]),
  ...each(["firstStages", "rerankers"], ["x", 5, [], { a: {} }]),
  cascadeCounts: ["x", 5, {}, [0], ["5"]],
  pricePerQuery: ["x", 5, [], { unknown: 1 }],
  systems: ["x", 5, [], [new Bm25Retriever()], new Map(), new Bm25Retriever()],
  ...each(["queries", "questions", "judgements", "run"], ["x", 5, {}]),
  filter: ["x", 5, [], new Map(), true],
  callbacks: ["x", 5],
};

const badWindows = [
  "x",
  5,
  [],
  true,
  { stride: -1 },
  { stride: 1.5 },
  { maxWindows: 0 },
  { overlap: 3 },
];

const badLimits = [
  "x",
  5,
  [],
  true,
  { documents: 0 },
  { bodyBytes: 1 },
  { requests: "5" },
  { size: 1 },
];

const badExplorer = ["x", 5, [], true, { folder: "." }];

/** These mean something else for one of those who take them. */
const others: Readonly<Record<string, readonly unknown[]>> = {
  "Bm25Index.search.filter": ["x", 5, [], true], // A Map of ids is a filter there.
  "fitCalibration.model": ["x", 5, []],
  "createServer.explorer": badExplorer,
  "createServer.limits": badLimits,
  "createMcpServer.limits": badLimits,
  "mcpHandler.limits": badLimits,
  "CrossEncoderReranker.window": badWindows,
  "OnnxCrossEncoder.window": badWindows,
  "SentenceCompressor.window": badWindows,
  "indexFolder.store": ["x", 5, {}, new Bm25Retriever()],
  "HybridRetriever.retrievers.retriever": ["x", 5],
};

describe.each(Object.entries(takers))("%s", async (taker, [given, give]) => {
  const names = await optionsOf(given, give);

  test.each(names)("has a rule for %s in this test", (name) => {
    expect(Object.keys({ ...badValues, ...others })).toContain(
      `${taker}.${name}` in others ? `${taker}.${name}` : name,
    );
  });

  const cases = names.flatMap((name) =>
    (others[`${taker}.${name}`] ?? badValues[name] ?? []).map((value) => ({ name, value })),
  );
  test.each(cases)("refuses $name: $value", async ({ name, value }) => {
    await expect(async () => give({ ...given, [name]: value })).rejects.toMatchObject({
      name: "RetrievalError",
      message: expect.stringContaining(name),
    });
  });

  // oxlint-disable-next-line unicorn/no-null -- what JSON gives
  const noOptions = ["x", 5, null, [], Promise.resolve(given), new AbortController().signal];
  test.each(noOptions)("refuses %o in place of the options", async (value) => {
    await expect(async () => give(value)).rejects.toMatchObject({
      name: "RetrievalError",
      message: expect.not.stringContaining("filter"),
    });
  });

  const needed = Object.keys(given).filter((name) => name !== "scorer"); // A model takes its place.
  test.each(needed)("refuses to be without %s", async (name) => {
    const { [name]: _missing, ...rest } = Object.fromEntries(Object.entries(given));
    await expect(async () => give(rest)).rejects.toMatchObject({ name: "RetrievalError" });
  });
});

test.each([
  ["DenseRetriever", things.store, "{ store }", "a MemoryVectorStore"],
  ["TwoStageRetriever", things.reranker, "{ candidates, reranker }", "a CrossEncoderReranker"],
  ["TwoStageRetriever", things.bm25, "{ candidates, reranker }", "a Bm25Retriever"],
  ["HybridRetriever", things.bm25, "{ retrievers }", "a Bm25Retriever"],
  ["CrossEncoderReranker", new OnnxCrossEncoder(), "{ scorer }", "an OnnxCrossEncoder"],
  ["SentenceCompressor", new OnnxCrossEncoder(), "{ scorer }", "an OnnxCrossEncoder"],
  ["RedundancyFilter", things.embeddings, "{ embeddings }", "a HashEmbeddings"],
  ["createAnswerChain", things.bm25, "{ retriever, llm }", "a Bm25Retriever"],
  ["indexFolder", things.store, "{ store }", "a MemoryVectorStore"],
  ["CrossEncoderReranker.rerank", new AbortController().signal, "{ signal }", "an AbortSignal"],
])("%s says into which option an instance belongs", async (taker, instance, example, got) => {
  const [, give] = takers[taker] ?? [];
  await expect(async () => give?.(instance)).rejects.toMatchObject({
    code: "invalid-option",
    message: expect.stringMatching(
      new RegExp(`to be an object such as \`${example}\`, got ${got}\\.$`),
    ),
  });
});

/** The options that somebody takes, by what they say of one that they do not know. */
async function optionsOf(given: object, give: (options: unknown) => unknown): Promise<string[]> {
  try {
    await give({ ...given, unheardOf: 1 });
  } catch (error) {
    const [, names = ""] = /only options of .*? \(([^)]*)\)/.exec(String(error)) ?? [];
    return names.split(", ");
  }
  return [];
}

function each(
  names: readonly string[],
  values: readonly unknown[],
): Record<string, readonly unknown[]> {
  return Object.fromEntries(names.map((name) => [name, values]));
}

/** What is no whole number of at least `least`. */
function counts(least: number): unknown[] {
  return ["5", least - 1, 1.5, Number.NaN, Infinity, [5], true];
}
