import { text } from "../../option-rules.ts";
import { join } from "node:path";
import { requireOptions } from "../../options.ts";
import { readBeirJudgements } from "./beir-judgements.ts";
import {
  readBeirCorpus,
  readBeirQueries,
  type BeirDocument,
  type BeirQuery,
} from "./beir-texts.ts";
import type { Judgements } from "./judgements.ts";

/** A test collection: documents, queries, and human judgements. */
export interface BeirCollection {
  /** By document id. */
  readonly corpus: ReadonlyMap<string, BeirDocument>;
  /** By query id, in file order; only the queries that the split judges. */
  readonly queries: ReadonlyMap<string, BeirQuery>;
  readonly judgements: Judgements;
}

/** Which part of a BEIR collection to load. */
export interface LoadBeirOptions {
  /** Which judgements to load: the name of a file in `qrels/`, without `.tsv`. @defaultValue "test" */
  readonly split?: string | undefined;
}

/**
 * Loads a folder in the layout of BEIR: `corpus.jsonl`, `queries.jsonl` and `qrels/<split>.tsv`.
 *
 * @throws RetrievalError `invalid-input`, with file and line, for a line that does not match the layout or
 * repeats an id, and if a judged query has no text.
 * @see Thakur et al., "BEIR" (NeurIPS 2021), https://arxiv.org/abs/2104.08663
 */
export async function loadBeir(
  folder: string,
  options: LoadBeirOptions = {},
): Promise<BeirCollection> {
  const { split = "test" } = requireOptions("loadBeir", options, { split: text });
  const judgements = await readBeirJudgements(join(folder, "qrels", `${split}.tsv`));
  const queries = await readBeirQueries(join(folder, "queries.jsonl"), judgements);
  const corpus = await readBeirCorpus(join(folder, "corpus.jsonl"));
  return { corpus, queries, judgements };
}
