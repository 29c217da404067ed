// Every kind of file that the package writes: how a program makes one and reads it back. damage.mjs
// damages what is made; this file, as a process of its own, reads it.
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { Embeddings } from "@langchain/core/embeddings";
import {
  Bm25Retriever,
  CorpusSource,
  CrossEncoderReranker,
  openChroma,
  TwoStageRetriever,
} from "langchain-rerank";
import {
  chooseConfiguration,
  collectPools,
  experiment,
  fitCalibration,
  generateQuestions,
  loadBeir,
  nDCG,
  readCalibration,
  readConfiguration,
  readJudgements,
  readRun,
  recall,
  writeConfiguration,
  writeJudgements,
  writeRun,
} from "langchain-rerank/evaluation";
import { FakeListChatModel } from "@langchain/core/utils/testing";
import { runChecks } from "../../dist/cli/doctor/finding.js";
import { modelFileChecks } from "../../dist/cli/doctor/model-files.js";
import { findOnDisk } from "../../dist/model/files/models-on-disk.js";
import { obtainModel } from "../../dist/model/files/model-files.js";
import { below, seeded } from "./seeded.mjs";

const documents = ["river", "mountain", "cloud", "stone", "valley", "glacier"].flatMap(
  (word, place) =>
    [1, 2, 3].map((part) => ({
      id: `${word}-${part}`,
      pageContent: `The ${word} number ${part} is deep, cold and ${"very ".repeat(place)}old.`,
      metadata: { source: `${word}.md`, part, share: part / 7 },
    })),
);
const queries = new Map([
  ["q1", "the old river"],
  ["q2", "cold mountain 2"],
  ["q3", "glacier"],
]);
const judgements = new Map([
  [
    "q1",
    new Map([
      ["river-1", 2],
      ["river-2", 1],
    ]),
  ],
  ["q2", new Map([["mountain-2", 1]])],
  ["q3", new Map([["glacier-3", 3]])],
]);
const run = new Map(
  [...queries.keys()].map((query, place) => [
    query,
    documents
      .slice(place, place + 5)
      .map(({ id }, index) => ({ id, score: 3 - index / 7 - place })),
  ]),
);
const fileHash = "3f".repeat(32);
const model = { name: "a model", fileHash, arithmetic: "float" };

/** Scores by the length of a text: what is kept is looked at here, not how it came. */
const scorer = {
  name: "by length",
  scale: "logit",
  score: async (_query, texts) => ({ scores: texts.map((text) => text.length / 7) }),
};
const twoStage = () =>
  new TwoStageRetriever({
    candidates: new CorpusSource(documents),
    reranker: new CrossEncoderReranker({ scorer }),
    k: 5,
  });

/** Vectors by letters, so that texts alike lie near each other. */
class LetterEmbeddings extends Embeddings {
  constructor() {
    super({});
  }
  async embedDocuments(texts) {
    return texts.map((text) =>
      Array.from(
        "abcdefghijklmnopqrstuvwxyz123",
        (letter) => text.toLowerCase().split(letter).length,
      ),
    );
  }
  async embedQuery(text) {
    return (await this.embedDocuments([text]))[0];
  }
}

const entriesOf = (values) => Array.from(values, ([key, inner]) => [key, [...inner]]);

/** A text format of judgements or of a run. */
const runFile = (file) => ({
  file,
  write: (folder) => writeRun(join(folder, file), run),
  read: async (folder) => entriesOf(await readRun(join(folder, file))),
});
const judgementsFile = (file) => ({
  file,
  write: (folder) => writeJudgements(join(folder, file), judgements),
  read: async (folder) => entriesOf(await readJudgements(join(folder, file))),
});

const calibrationFile = (method) => ({
  file: "calibration.json",
  names: /calibration/,
  async write(folder) {
    const random = seeded(1);
    const samples = Array.from({ length: 300 }, () => {
      const score = below(random, 80) / 8 - 5;
      return { score, isRelevant: score + 4 * random() > 2 };
    });
    const calibration = fitCalibration(samples, { method, model });
    await writeFile(join(folder, "calibration.json"), JSON.stringify(calibration));
  },
  async read(folder) {
    const calibration = readCalibration(
      await readFile(join(folder, "calibration.json"), "utf8"),
      model,
    );
    const scores = [-1e3, -5, -0.3, 0, 1.7, 5, 1e3];
    return [
      scores.map((score) => calibration.probabilityOf(score)),
      [0.1, 0.5, 0.9].map((probability) => calibration.scoreThresholdFor(probability)),
    ];
  },
});

const jsonLines = (rows) => rows.map((row) => `${JSON.stringify(row)}\n`).join("");

/** One file of a collection in the layout of BEIR, with questions that a model made. */
const collectionFile = (file) => ({
  file,
  // Where judgements and questions do not fit together, both are.
  names: new RegExp(`${basename(file)}|queries.jsonl to contain every judged query`),
  async write(folder) {
    const responses = documents.map(({ id }) => JSON.stringify({ question: `What is ${id}?` }));
    const made = await generateQuestions(documents, new FakeListChatModel({ responses }), {
      perDocument: 1,
    });
    await mkdir(join(folder, "qrels"));
    await writeFile(
      join(folder, "corpus.jsonl"),
      jsonLines(documents.map(({ id, pageContent: text }) => ({ _id: id, title: "", text }))),
    );
    await writeFile(
      join(folder, "queries.jsonl"),
      jsonLines(made.questions.map(({ id, query: text }) => ({ _id: id, text }))),
    );
    await writeJudgements(join(folder, "qrels/test.tsv"), made.judgements);
  },
  async read(folder) {
    const collection = await loadBeir(folder);
    return [
      Array.from(collection.corpus, ([id, { title, text }]) => [id, title, text]),
      Array.from(collection.queries, ([id, { text }]) => [id, text]),
      entriesOf(collection.judgements),
    ];
  },
});

/** The repository of damage.mjs's hub, and where the cache keeps it. */
const repository = "tiny/reranker";
const commit = "0123456789abcdef0123456789abcdef01234567";
const cachePlace = "models--tiny--reranker";
const snapshot = `${cachePlace}/snapshots/${commit}`;
const passages = documents.slice(0, 3).map(({ pageContent }) => ({ pageContent, metadata: {} }));

async function rankByHubModel(dtype) {
  const options = { model: repository, dtype, device: "cpu", workers: 1, threads: 1 };
  const reranker = new CrossEncoderReranker(options);
  const ranked = await reranker.rerank("the old river", passages).finally(() => reranker.dispose());
  // A score that is not finite does not count, and its document says so.
  return ranked.map(({ pageContent, metadata: { retrieval } }) => [
    pageContent,
    retrieval.rerank.scored ? retrieval.rerank.raw : 0,
  ]);
}

async function fillCache(folder, dtype) {
  process.env.HF_HUB_CACHE = folder;
  await obtainModel(repository, [dtype]);
}

/** What `models verify` says of the model. */
async function verify() {
  const findings = await runChecks(findOnDisk(repository).flatMap((each) => modelFileChecks(each)));
  return findings.map((finding) => Object.values(finding).join(" ")).join("\n");
}

/**
 * A file of a model. Its hash is compared by `models verify`, not at each load, which would read weights
 * of 2 GB twice: a damaged one may give other scores, and `models verify` must name it.
 */
const modelFile = (file, dtype = "fp32") => ({
  file: `${snapshot}/${file}`,
  cost: 10,
  write: (folder) => fillCache(folder, dtype),
  async read(folder, isDamaged) {
    process.env.HF_HUB_CACHE = folder;
    const said = await verify();
    const isNamed = said.includes(`problem`) && said.includes(basename(file));
    if (isDamaged !== isNamed) throw new Error(`models verify says of ${file}: ${said}`);
    return rankByHubModel(dtype);
  },
});

/** A small file by which the cache is kept: a damaged one may cost another request, never other scores. */
const cacheFile = (file, isOffline = false) => ({
  file: `${cachePlace}/${file}`,
  isChecked: true,
  names: /models pull tiny\/reranker/,
  cost: 10,
  write: (folder) => fillCache(folder, "fp32"),
  async read(folder, isDamaged) {
    process.env.HF_HUB_CACHE = folder;
    process.env.HF_HUB_OFFLINE = isOffline ? "1" : "";
    const said = await verify();
    const isNamed = /problem|no hash is recorded for/.test(said);
    if (file.startsWith(".sha256") && isDamaged !== isNamed)
      throw new Error(`models verify says of ${file}: ${said}`);
    try {
      return await rankByHubModel("fp32");
    } finally {
      process.env.HF_HUB_OFFLINE = "";
    }
  },
});

/** What a cut download left: it is continued, or fetched again by the next call. */
const cutDownload = {
  file: `${snapshot}/onnx/model.onnx.incomplete`,
  isChecked: true,
  cost: 10,
  async write(folder) {
    await fillCache(folder, "fp32");
    const whole = join(folder, snapshot, "onnx/model.onnx");
    const bytes = await readFile(whole);
    await rm(whole);
    await rm(join(folder, cachePlace, ".sha256"), { recursive: true });
    await writeFile(`${whole}.incomplete`, bytes.subarray(0, bytes.length / 2));
  },
  async read(folder) {
    process.env.HF_HUB_CACHE = folder;
    await rankByHubModel("fp32").catch((error) => {
      if (error.code !== "download-failed" || !/model\.onnx.*Try again/.test(error.message))
        throw error;
    });
    return rankByHubModel("fp32");
  },
};

/** What names the keeper of a data folder that has gone, as after a power cut. */
const keeperFile = {
  file: "server.json",
  isChecked: true,
  cost: 30,
  async write(folder) {
    const store = await openChroma(new LetterEmbeddings(), {
      collectionName: "guides",
      path: folder,
    });
    await store.addDocuments(documents);
    const state = await readFile(join(folder, "server.json"));
    await store.close();
    await writeFile(join(folder, "server.json"), state);
  },
  async read(folder) {
    const store = await openChroma(new LetterEmbeddings(), {
      collectionName: "guides",
      path: folder,
    });
    try {
      const found = await store.similaritySearchWithScore("the old river", 3);
      return found.map(([{ id, pageContent }, score]) => [id, pageContent, score]);
    } finally {
      await store.close();
    }
  },
};

/** Answers that an evaluation keeps while it runs, in JSON lines with a hash each. */
const keptAnswers = {
  file: "answers.jsonl",
  isChecked: true,
  write: (folder) => askAll(folder),
  read: (folder) => askAll(folder),
};

async function askAll(folder) {
  const { systems } = await experiment({
    systems: { two: twoStage() },
    queries,
    judgements,
    measures: [recall(3)],
    warmUpQueries: 0,
    resumeFrom: join(folder, "answers.jsonl"),
  });
  return systems.map(({ run: found, evaluations, outcomes }) => [
    entriesOf(found),
    evaluations.map(({ mean }) => mean),
    Array.from(outcomes, ([query, { documents: kept }]) => [query, kept]),
  ]);
}

const keptPools = {
  file: "pools.jsonl",
  isChecked: true,
  write: (folder) => poolAll(folder),
  read: (folder) => poolAll(folder),
};

async function poolAll(folder) {
  const resumeFrom = join(folder, "pools.jsonl");
  const { pools } = await collectPools({ retriever: twoStage(), queries, depth: 5, resumeFrom });
  return Array.from(pools, ([query, { documents: kept }]) => [query, kept]);
}

const configurationFile = {
  file: "configuration.json",
  names: /a saved configuration/,
  async write(folder) {
    const many = Array.from({ length: 60 }, (_, place) => `question ${place}`);
    const pools = await collectPools({
      retriever: twoStage(),
      queries: new Map(many.map((id) => [id, id])),
      depth: 10,
    });
    const judged = new Map(many.map((id) => [id, new Map([["mountain-3", 1]])]));
    const options = { pools, judgements: judged, measures: [nDCG(10)], resamples: 100 };
    await writeConfiguration(join(folder, "configuration.json"), chooseConfiguration(options));
  },
  read: async (folder) =>
    readConfiguration(await readFile(join(folder, "configuration.json"), "utf8")),
};

const lexicalIndex = {
  file: "index.bm25",
  isChecked: true,
  async write(folder) {
    const retriever = await Bm25Retriever.fromDocuments(documents);
    await retriever.save(join(folder, "index.bm25"));
  },
  async read(folder) {
    const retriever = await Bm25Retriever.load(join(folder, "index.bm25"));
    return Promise.all([...queries.values()].map((query) => retriever.invoke(query)));
  },
};

/**
 * `isChecked`: a damaged file must be told, or read as it was. The others are texts that people may edit,
 * and carry no checksum: another value that is well formed is right, too. `names`: what an error must say,
 * where it is not the file's name. `cost`: how much rarer than others a kind is tried.
 */
export const kinds = {
  "lexical index": lexicalIndex,
  "calibration by Platt": calibrationFile("platt"),
  "isotonic calibration": calibrationFile("isotonic"),
  configuration: configurationFile,
  "TREC run": runFile("a.run"),
  "JSON Lines run": runFile("a.jsonl"),
  "TREC judgements": judgementsFile("a.qrels"),
  "BEIR judgements": judgementsFile("a.tsv"),
  "JSON Lines judgements": judgementsFile("a.jsonl"),
  "BEIR corpus": collectionFile("corpus.jsonl"),
  "generated questions": collectionFile("queries.jsonl"),
  "judgements of generated questions": collectionFile("qrels/test.tsv"),
  "kept answers": keptAnswers,
  "kept pools": keptPools,
  weights: modelFile("onnx/model.onnx"),
  "int8 weights": modelFile("onnx/model_int8.onnx", "int8"),
  "config.json": modelFile("config.json"),
  "tokenizer.json": modelFile("tokenizer.json"),
  "tokenizer_config.json": modelFile("tokenizer_config.json"),
  "hash of weights": cacheFile(`.sha256/${commit}/onnx/model.onnx`),
  reference: cacheFile("refs/main"),
  "offline reference": cacheFile("refs/main", true),
  "cut download": cutDownload,
  "keeper of a store": keeperFile,
};

/** JSON leaves out what is not finite. */
const asText = (value) =>
  JSON.stringify(value, (_key, each) =>
    typeof each === "number" && !Number.isFinite(each) ? "not finite" : each,
  );

if (process.argv[1] === import.meta.filename) {
  process.on("message", async ({ name, folder, isDamaged }) => {
    const before = process.resourceUsage().maxRSS;
    const result = await kinds[name].read(folder, isDamaged).then(
      (value) => ({ value: asText(value) }),
      ({ name: errorName, code, message, stack }) => ({ errorName, code, message, stack }),
    );
    const grownBy = (process.resourceUsage().maxRSS - before) / 1024;
    process.send({ ...result, grownBy });
  });
}
