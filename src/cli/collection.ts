import { existsSync } from "node:fs";
import { join } from "node:path";
import { Document } from "@langchain/core/documents";
import { identityOf } from "../documents/identity.ts";
import { loadFolder } from "../documents/load-folder.ts";
import { splitPassages } from "../documents/split-passages.ts";
import { RetrievalError } from "../errors.ts";
import { loadBeir } from "../evaluation/data/beir-collection.ts";
import type { Judgements } from "../evaluation/data/judgements.ts";
import { readJudgements } from "../evaluation/data/judgements-file.ts";
import { readQueries } from "../evaluation/data/beir-queries.ts";
import { sampleDocuments } from "./pipeline.ts";

/** What systems are measured on. */
export interface Collection {
  readonly passages: readonly Document[];
  readonly queries: ReadonlyMap<string, string>;
  readonly judgements: Judgements;
  /** The kind of each question, where the file says it. */
  readonly kinds: ReadonlyMap<string, string>;
  /** What the judgements call a passage. */
  readonly idOf: (document: Document) => string;
}
