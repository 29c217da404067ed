import { existsSync } from "node:fs";
import { basename, join } from "node:path";
import { Document } from "@langchain/core/documents";
import { sectionOf } from "../documents/identity.ts";
import { loadFolder } from "../documents/load-folder.ts";
import { splitPassages } from "../documents/split-passages.ts";
import { RetrievalError } from "../errors.ts";
import { loadBeir } from "../evaluation/data/beir-collection.ts";
import { readBeirJudgements } from "../evaluation/data/beir-judgements.ts";
import { readBeirQueries, type BeirQuery } from "../evaluation/data/beir-texts.ts";
import type { Judgements } from "../evaluation/data/judgements.ts";
import type { IdOf } from "../evaluation/experiment/found-documents.ts";
import { nearestSection } from "./nearest-section.ts";
import { sampleDocuments } from "./pipeline.ts";
import { printAside, shown } from "./terminal.ts";

/** Texts to search, questions to ask, and human judgements of the answers. */
export interface JudgedCollection {
  readonly name: string;
  readonly passages: readonly Document[];
  readonly queries: ReadonlyMap<string, string>;
  readonly judgements: Judgements;
  /** The kind of each question that has one. */
  readonly kinds: ReadonlyMap<string, string>;
  /** A passage's id in the judgements. */
  readonly idOf: IdOf;
}

/** Warns of ids that are judged relevant but name no passage. */
export function warnOfUnknownIds(collection: JudgedCollection): void {
  const unknown = unknownJudgedIds(collection);
  if (unknown !== undefined) printAside(shown`${unknown}`);
}

/** Lists the ids that are judged relevant but name no passage; every system misses them. */
export function unknownJudgedIds({
  passages,
  judgements,
  idOf,
}: Pick<JudgedCollection, "passages" | "judgements" | "idOf">): string | undefined {
  const known = [...new Set(passages.map(idOf))];
  const isKnown = new Set(known);
  const relevant = new Set<string>();
  for (const grades of judgements.values()) {
    for (const [id, grade] of grades) if (grade > 0) relevant.add(id);
  }
  const unknown = [...relevant].filter((id) => !isKnown.has(id));
  if (unknown.length === 0) return undefined;
  const some = unknown.slice(0, mostNamed).map((id) => {
    const meant = nearestSection(id, known);
    return meant === undefined ? id : `${id} (did you mean ${meant}?)`;
  });
  const rest = unknown.length > mostNamed ? `, and ${unknown.length - mostNamed} more` : "";
  return `${unknown.length} of ${relevant.size} relevant ids in the judgements match no passage: ${some.join(", ")}${rest}. They count as missed. Run \`npx langchain-rerank index <folder> --sections\` to list the names of sections.`;
}

const mostNamed = 5;

/**
 * Loads a collection: a folder in the layout of BEIR, or a folder of Markdown and text files with
 * `queries.jsonl` and `qrels.tsv`, whose judgements name sections as `guide.md#section`. The name
 * `sample_documents` is the package's own folder, wherever it is installed.
 */
export async function loadJudgedCollection(data: string): Promise<JudgedCollection> {
  const folder = data === "sample_documents" && !existsSync(data) ? sampleDocuments : data;
  const name = basename(folder);
  if (existsSync(join(folder, "corpus.jsonl"))) {
    const { corpus, queries, judgements } = await loadBeir(folder);
    const passages = Array.from(
      corpus,
      ([id, { title, text }]) => new Document({ id, pageContent: `${title}\n${text}`.trim() }),
    );
    return { name, passages, judgements, ...texts(queries), idOf: ({ id = "" }) => id };
  }
  if (!existsSync(join(folder, "qrels.tsv"))) {
    throw new RetrievalError(
      "invalid-option",
      `Expected --data to be a folder with corpus.jsonl (BEIR), or with documents, queries.jsonl and qrels.tsv, got ${folder}, which has neither corpus.jsonl nor qrels.tsv.`,
    );
  }
  const judgements = await readBeirJudgements(join(folder, "qrels.tsv"));
  const queries = await readBeirQueries(join(folder, "queries.jsonl"), judgements);
  const { documents } = await loadFolder(folder);
  const passages = await splitPassages(documents);
  return { name, passages, judgements, ...texts(queries), idOf: sectionOf };
}

function texts(
  queries: ReadonlyMap<string, BeirQuery>,
): Pick<JudgedCollection, "queries" | "kinds"> {
  const kinds = [...queries].flatMap(([id, { metadata }]): [string, string][] =>
    typeof metadata["kind"] === "string" ? [[id, metadata["kind"]]] : [],
  );
  return {
    queries: new Map(Array.from(queries, ([id, { text }]) => [id, text])),
    kinds: new Map(kinds),
  };
}
