import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { InMemoryTransport } from "@modelcontextprotocol/sdk/inMemory.js";
import { Document } from "@langchain/core/documents";
import type { CandidateSource } from "../../src/documents/candidate-source.ts";
import { metadataPredicate } from "../../src/documents/metadata-predicate.ts";
import { parseFilter } from "../../src/documents/parse-filter.ts";
import { createMcpServer, SearchIndex, type McpServerOptions } from "../../src/server/index.ts";
import { CrossEncoderReranker } from "../../src/index.ts";
import type { PairScorer } from "../../src/ranking/pair-scorer.ts";

/** Scores a text by how many words of the query it has. */
export const wordScorer: PairScorer = {
  name: "words",
  scale: "probability",
  score: async (query, texts) => {
    const words = query.toLowerCase().split(" ");
    return {
      scores: texts.map(
        (text) => words.filter((word) => text.toLowerCase().includes(word)).length / words.length,
      ),
    };
  },
};

/** An index of these documents, all of which are candidates of every query. */
export function indexOf(
  documents: readonly Document[],
  scorer: PairScorer = wordScorer,
): SearchIndex {
  const dense: CandidateSource = {
    candidates: async (_query, { k, filter }) => {
      const tree = parseFilter(filter);
      const passes = tree ? metadataPredicate(tree) : () => true;
      return documents.filter(({ metadata }) => passes(metadata)).slice(0, k);
    },
  };
  return new SearchIndex({
    dense,
    reranker: new CrossEncoderReranker({ scorer }),
    passages: async (ids) => documents.filter(({ id }) => id !== undefined && ids.includes(id)),
  });
}

export const rivers: readonly Document[] = [
  new Document({
    id: "a",
    pageContent: "The Loire is the longest river of France.",
    metadata: { source: "rivers.md", headingPath: "Rivers > France", year: 2024 },
  }),
  new Document({
    id: "b",
    pageContent: "Paris is a city.",
    metadata: { source: "cities.md", year: 2020 },
  }),
  new Document({
    id: "c",
    pageContent: "The Rhine is a river.",
    metadata: { source: "rivers.md", year: 2020 },
  }),
];

/** The SDK's client, connected to a server in this process. */
export async function connect(options: McpServerOptions): Promise<Client> {
  const server = await createMcpServer(options);
  const client = new Client({ name: "test", version: "1" });
  const [ours, theirs] = InMemoryTransport.createLinkedPair();
  await server.connect(ours);
  await client.connect(theirs);
  return client;
}

/** The text blocks of a result, joined. */
export function textOf(result: Awaited<ReturnType<Client["callTool"]>>): string {
  const blocks: unknown = result["content"];
  if (!Array.isArray(blocks)) throw new TypeError("Expected content.");
  return blocks
    .filter(({ type }) => type === "text")
    .map(({ text }) => text)
    .join("\n");
}
