import { readFileSync } from "node:fs";
import { join } from "node:path";
import { loadFolder, splitPassages } from "langchain-rerank";
import { readJudgements } from "langchain-rerank/evaluation";

/** The passages of the sample documents, the questions about them, and the judgements. */
export async function loadSampleQuestions() {
  const folder = join(import.meta.dirname, "../../sample_documents");
  const questions = readFileSync(join(folder, "queries.jsonl"), "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  const judgements = await readJudgements(join(folder, "qrels.tsv"));
  const { documents } = await loadFolder(folder);
  return { questions, judgements, passages: await splitPassages(documents) };
}
