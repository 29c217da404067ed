import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Document, DocumentInterface } from "@langchain/core/documents";
import { loadFolder } from "../../../src/documents/load-folder.ts";
import { splitPassages } from "../../../src/documents/split-passages.ts";
import { readJudgements } from "../../../src/evaluation/data/judgements-file.ts";
import type { Judgements } from "../../../src/evaluation/data/judgements.ts";

const folder = join(import.meta.dirname, "../../../sample_documents");

/** The sample guides in passages, and every 14th of their judged questions. */
export async function sampleCollection(): Promise<{
  readonly passages: readonly Document[];
  readonly queries: ReadonlyMap<string, string>;
  readonly judgements: Judgements;
}> {
  const { documents } = await loadFolder(folder, { ignore: ["README.md"] });
  const questions = readFileSync(join(folder, "queries.jsonl"), "utf8")
    .trim()
    .split("\n")
    .map((line): { readonly _id: string; readonly text: string } => JSON.parse(line))
    .filter((_question, index) => index % 14 === 0);
  const all = await readJudgements(join(folder, "qrels.tsv"));
  return {
    passages: await splitPassages(documents),
    queries: new Map(questions.map(({ _id: id, text }) => [id, text])),
    judgements: new Map(questions.map(({ _id: id }) => [id, all.get(id) ?? new Map()])),
  };
}

/** What the sample judgements call a passage. */
export function sectionOf({ metadata }: DocumentInterface): string {
  return `${metadata["source"]}#${metadata["section"]}`;
}
