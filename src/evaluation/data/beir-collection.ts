import { join } from "node:path";
import { RetrievalError } from "../../errors.ts";
import { readBeirJudgements } from "./beir-judgements.ts";
import { forEachJsonLine, isObject } from "./json-lines.ts";
import type { Judgements } from "./judgements.ts";

export interface BeirQuery {
  readonly text: string;
  /** What else the file says of it, such as its kind. */
  readonly metadata: Readonly<Record<string, unknown>>;
}

export interface BeirDocument extends BeirQuery {
  /** Empty where there is none. */
  readonly title: string;
}

/** A test collection: what to search, what to search for, and what people judged. */
export interface BeirCollection {
  /** By document id. */
  readonly corpus: ReadonlyMap<string, BeirDocument>;
  /** By query id, in the order of their file: those that the split judges. */
  readonly queries: ReadonlyMap<string, BeirQuery>;
  readonly judgements: Judgements;
}

export interface LoadBeirOptions {
  /** Which judgements to load: the name of a file in `qrels/`, without `.tsv`. @defaultValue "test" */
  readonly split?: string | undefined;
}

/**
 * Loads a folder in the layout of BEIR: `corpus.jsonl`, `queries.jsonl` and `qrels/<split>.tsv`.
 *
 * @throws RetrievalError `invalid-input` with file, line and what was expected, for a line that is not as
 * the layout says or whose id was there already; also where a judged query has no text.
 * @see Thakur et al., "BEIR" (NeurIPS 2021), https://arxiv.org/abs/2104.08663
 */
export async function loadBeir(
  folder: string,
  { split = "test" }: LoadBeirOptions = {},
): Promise<BeirCollection> {
  const judgements = await readBeirJudgements(join(folder, "qrels", `${split}.tsv`));
  const queriesPath = join(folder, "queries.jsonl");
  const queries = new Map<string, BeirQuery>();
  await forEachText(queriesPath, (id, { text, metadata }) => {
    if (judgements.has(id)) queries.set(id, { text, metadata });
  });
  for (const id of judgements.keys()) {
    if (queries.has(id)) continue;
    throw new RetrievalError(
      "invalid-input",
      `Expected ${queriesPath} to hold every judged query, ${JSON.stringify(id)} is not there.`,
    );
  }
  const corpus = new Map<string, BeirDocument>();
  await forEachText(join(folder, "corpus.jsonl"), (id, document) => corpus.set(id, document));
  return { corpus, queries, judgements };
}

async function forEachText(
  path: string,
  visit: (id: string, document: BeirDocument) => void,
): Promise<void> {
  const seen = new Set<string>();
  await forEachJsonLine(path, (row, refuse) => {
    const { _id: id, text, title, metadata } = row;
    if (typeof id !== "string" || typeof text !== "string") {
      throw refuse('the texts "_id" and "text"');
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
