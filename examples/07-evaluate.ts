// Does reranking help on my questions? Compares two settings on ten judged questions.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import * as rerank from "langchain-rerank";
import { experiment, nDCG, readJudgements, recall } from "langchain-rerank/evaluation";

const folder = join(import.meta.dirname, "../sample_documents");
const { documents } = await rerank.loadFolder(folder);
const candidates = await rerank.Bm25Retriever.fromDocuments(await rerank.splitPassages(documents));
const reranker = new rerank.CrossEncoderReranker({ model: "rerank-minilm-l6" });
const settings = { candidates, reranker, candidateCount: 30, k: 10 };

const lines = (await readFile(join(folder, "queries.jsonl"), "utf8")).trim().split("\n");
const all: { _id: string; text: string }[] = lines.map((line) => JSON.parse(line));
const queries = new Map(all.slice(0, 10).map(({ _id, text }) => [_id, text]));
const judged = await readJudgements(join(folder, "qrels.tsv"), { format: "beir" });

const { systems } = await experiment({
  systems: {
    BM25: new rerank.TwoStageRetriever({ ...settings, rerank: false }),
    reranked: new rerank.TwoStageRetriever(settings),
  },
  queries,
  judgements: new Map([...judged].filter(([id]) => queries.has(id))),
  measures: [nDCG(10), recall(5)],
  idOf: ({ metadata }) => `${metadata.source}#${metadata.section}`,
});
for (const { name, evaluations } of systems) {
  console.log(name, evaluations.map((each) => `${each.name} ${each.mean.toFixed(3)}`).join(" "));
}
