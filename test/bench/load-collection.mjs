import { existsSync } from "node:fs";
import { join } from "node:path";
import { Document } from "@langchain/core/documents";
import { loadBeir } from "langchain-rerank/evaluation";
import { loadCranfield } from "./cranfield.mjs";

/** The documents, queries and judgements of a folder in the format of BEIR or of Cranfield. */
export async function loadCollection(path) {
  if (existsSync(join(path, "cranqrel"))) {
    const cranfield = loadCranfield(path);
    return { ...cranfield, documents: cranfield.documents.map(toDocument) };
  }
  const { corpus, ...beir } = await loadBeir(path);
  const queries = new Map([...beir.queries].map(([id, { text }]) => [id, text]));
  const documents = Array.from(corpus, ([id, { title, text }]) =>
    toDocument({ id, text: `${title}. ${text}` }),
  );
  return { ...beir, queries, documents };
}

function toDocument({ id, text }) {
  return new Document({ id, pageContent: text, metadata: { source: id } });
}
