/**
 * Times how long it takes to read and to measure a large run: 10,000 queries with 1,000 results
 * each, ids of 8.8 million documents, 20 judgements a query. The files are made in the temporary
 * folder and removed.
 *
 *     npm run build && node test/bench/evaluation.mjs [queries] [results]
 */
import { createWriteStream, mkdtempSync, rmSync, statSync } from "node:fs";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { finished } from "node:stream/promises";
import {
  averagePrecision,
  evaluate,
  judged,
  nDCG,
  precision,
  readJudgements,
  readRun,
  recall,
  reciprocalRank,
  success,
  writeRun,
} from "langchain-rerank/evaluation";

const [queries = 10_000, results = 1000] = process.argv.slice(2).map(Number);
const documents = 8_800_000;
const judgementsEach = 20;

/** A document that no other rank of the query has: the step divides no number below the documents. */
const documentAt = (query, rank) => `d${(query * 104_729 + rank * 8641) % documents}`;

async function make(path, linesOf) {
  const stream = createWriteStream(path);
  for (let query = 0; query < queries; query += 1) {
    if (!stream.write(linesOf(query))) await once(stream, "drain");
  }
  stream.end();
  await finished(stream);
}

function runLines(query) {
  const lines = [];
  for (let rank = 1; rank <= results; rank += 1) {
    const score = (40 - 30 * (rank / results) - (query % 97) / 100).toFixed(6);
    lines.push(`q${query} Q0 ${documentAt(query, rank)} ${rank} ${score} bench\n`);
  }
  return lines.join("");
}

function judgementLines(query) {
  const lines = [];
  for (let rank = 1; rank <= judgementsEach; rank += 1) {
    const place = (rank * rank * (1 + (query % 7))) % (2 * results);
    lines.push(`q${query} 0 ${documentAt(query, place)} ${rank % 4}\n`);
  }
  return [...new Map(lines.map((line) => [line.split(" ")[2], line])).values()].join("");
}

async function timed(name, work) {
  const start = performance.now();
  const value = await work();
  const seconds = ((performance.now() - start) / 1000).toFixed(2);
  const peakMb = Math.round(process.resourceUsage().maxRSS / 1000);
  console.log(`| ${name} | ${seconds} | ${peakMb} |`);
  return value;
}

const folder = mkdtempSync(join(tmpdir(), "evaluation-bench-"));
const [runPath, judgementsPath] = [join(folder, "bench.run"), join(folder, "bench.qrels")];
try {
  await make(runPath, runLines);
  await make(judgementsPath, judgementLines);
  const megabytes = Math.round(statSync(runPath).size / 1e6);
  console.log(`| ${queries} queries, ${results} results each, ${megabytes} MB | s | peak MB |`);
  console.log("| --- | ---: | ---: |");
  const judgements = await timed("read judgements", () => readJudgements(judgementsPath));
  const run = await timed("read run", () => readRun(runPath));
  const data = { run, judgements };
  await timed("nDCG@10", () => evaluate(nDCG(10), data));
  const measures = [
    nDCG(10),
    nDCG(),
    reciprocalRank(10),
    averagePrecision(),
    precision(10),
    recall(100),
    success(1),
    judged(10),
  ];
  const evaluations = await timed("eight measures at once", () => evaluate(measures, data));
  await timed("write run", () => writeRun(join(folder, "again.run"), run));
  console.log(evaluations.map(({ name, mean }) => `${name} ${mean.toFixed(4)}`).join(", "));
} finally {
  rmSync(folder, { recursive: true });
}
