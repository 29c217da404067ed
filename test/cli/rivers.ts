import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const rivers = ["Loire", "Rhine", "Danube", "Elbe", "Oder", "Po", "Ebro", "Tagus", "Seine", "Main"];
const facts = ["is a long river", "floods in spring", "carries many ships", "ends in a delta"];

function lines(rows: readonly object[]): string {
  return rows.map((row) => JSON.stringify(row)).join("\n");
}

/** A collection of forty short texts and ten questions, in the layout of BEIR. */
export function writeRivers(data: string): void {
  mkdirSync(join(data, "qrels"), { recursive: true });
  const corpus = rivers.flatMap((river) =>
    facts.map((fact, index) => ({
      _id: `${river}-${index}`,
      title: river,
      text: `The ${river} ${fact}.`,
    })),
  );
  const queries = rivers.map((river) => ({
    _id: river,
    text: `Does the ${river} carry ships?`,
    metadata: { kind: "ships" },
  }));
  writeFileSync(join(data, "corpus.jsonl"), lines(corpus));
  writeFileSync(join(data, "queries.jsonl"), lines(queries));
  const judged = rivers.map((river) => `${river}\t${river}-2\t1`);
  writeFileSync(
    join(data, "qrels/test.tsv"),
    ["query-id\tcorpus-id\tscore", ...judged, ""].join("\n"),
  );
}
