import { RetrievalError } from "../../errors.ts";
import { forEachJsonLine, isObject } from "./json-lines.ts";
import type { Judgements } from "./judgements.ts";

/** A query of a BEIR collection. */
export interface BeirQuery {
  readonly text: string;
  /** All other fields of the query, such as its kind. */
  readonly metadata: Readonly<Record<string, unknown>>;
}

/** A document of a BEIR collection. */
export interface BeirDocument extends BeirQuery {
  /** "" if the document has no title. */
  readonly title: string;
}

/** Reads the documents of a `corpus.jsonl`, by id. */
export async function readBeirCorpus(path: string): Promise<ReadonlyMap<string, BeirDocument>> {
  const corpus = new Map<string, BeirDocument>();
  await forEachText(path, (id, document) => corpus.set(id, document));
  return corpus;
}

/** Reads the judged queries of a `queries.jsonl`, by id, in file order. */
export async function readBeirQueries(
  path: string,
  judgements: Judgements,
): Promise<ReadonlyMap<string, BeirQuery>> {
  const queries = new Map<string, BeirQuery>();
  await forEachText(path, (id, { text, metadata }) => {
    if (judgements.has(id)) queries.set(id, { text, metadata });
  });
  for (const id of judgements.keys()) {
    if (queries.has(id)) continue;
    throw new RetrievalError(
      "invalid-input",
      `Expected ${path} to contain every judged query, but ${JSON.stringify(id)} is missing: add it, or remove its judgements.`,
    );
  }
  return queries;
}

async function forEachText(
  path: string,
  visit: (id: string, document: BeirDocument) => void,
): Promise<void> {
  const seen = new Set<string>();
  await forEachJsonLine(path, (row, refuse) => {
    const { _id: id, text, title, metadata } = row;
    if (typeof id !== "string" || typeof text !== "string") {
      throw refuse('the strings "_id" and "text"');
    }
    if (seen.has(id)) throw refuse("each _id once");
    seen.add(id);
    visit(id, {
      text,
      title: typeof title === "string" ? title : "",
      metadata: isObject(metadata) ? metadata : {},
    });
  });
}
