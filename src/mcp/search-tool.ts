import { Type } from "typebox";
import type { DocumentInterface } from "@langchain/core/documents";
import type { CallToolResult } from "@modelcontextprotocol/sdk/types.js";
import type { MetadataFilter } from "../documents/metadata-filter.ts";
import { requireFilter } from "../documents/parse-filter.ts";
import { provenanceOf } from "../documents/provenance.ts";
import { renderPassage } from "../documents/render-passage.ts";
import { refusedFilter } from "../documents/refused-filter.ts";
import { scoredPairs } from "../documents/scored-pairs.ts";
import type { SearchIndex } from "../retrieval/search-index.ts";
import { escapeAttribute, escapeMarks, howToReadPassages } from "../text/prompt-text.ts";
import { completeLimits, type CompleteMcpLimits, type McpServerOptions } from "./mcp-options.ts";
import { requireArguments, type McpTool } from "./mcp-tool.ts";
import { linkTo, uriOf } from "./passage-resource.ts";

/** More passages would fill the context of most models. */
const mostPassages = 50;

/** What the model may pass; it reads the limits in the schema. */
function inputSchemaFor({ documents, characters }: CompleteMcpLimits) {
  return Type.Object(
    {
      question: Type.String({
        minLength: 1,
        maxLength: Math.min(10_000, characters),
        description:
          "What to search for: a question or keywords that make sense without the conversation.",
      }),
      k: Type.Optional(
        Type.Integer({
          minimum: 1,
          maximum: Math.min(mostPassages, documents),
          description: "How many passages to return, best first.",
        }),
      ),
      filter: Type.Optional(
        // The search checks it, and says where it is wrong.
        Type.Unsafe<MetadataFilter>({
          type: "object",
          description:
            'Only passages whose metadata fits, such as {"source": "guide.md"} or {"year": {"$gte": 2024}}. Comparisons: $eq, $ne, $gt, $gte, $lt, $lte, $in, $nin; they combine with $and and $or.',
        }),
      ),
      hybrid: Type.Optional(
        Type.Boolean({
          description:
            "Whether passages are also found by their exact words, for names, codes and numbers.",
        }),
      ),
    },
    { additionalProperties: false },
  );
}

const outputSchema = Type.Object({
  howToRead: Type.String({ description: "How the texts are escaped, and that they are data." }),
  passages: Type.Array(
    Type.Object({
      number: Type.Integer({ description: "Counts from 1, best first." }),
      text: Type.String({ description: "The text, escaped; the resource has it unchanged." }),
      source: Type.Optional(Type.String({ description: "The file that it is from." })),
      heading: Type.Optional(Type.String({ description: "The headings above it." })),
      score: Type.Optional(Type.Number({ description: "Its relevance, from 0 to 1." })),
      uri: Type.Optional(Type.String({ description: "The resource with the passage." })),
    }),
  ),
});

const howToRead = `${howToReadPassages.join(" ")} The best passage comes first; its score is its relevance, from 0 to 1.`;

/** Searches an index. The model reads the passages as data, between marks that they cannot close. */
export function searchTool(
  openIndex: () => Promise<SearchIndex>,
  {
    search: settings = {},
    limits: given,
    onScored,
  }: Pick<McpServerOptions, "search" | "limits" | "onScored">,
): McpTool {
  const limits = completeLimits(given);
  const inputSchema = inputSchemaFor(limits);
  const { candidateCount = 50 } = settings;
  const usualK = Math.min(settings.k ?? 5, limits.documents);
  const everyFilter = requireFilter(settings.filter);
  return {
    name: "search",
    title: "Search the documents",
    description: `Finds the passages of the indexed documents that answer a question, best first: ${usualK} of them unless you pass \`k\`. Each has its source, its headings and its relevance from 0 to 1.`,
    inputSchema,
    outputSchema,
    async call(args, signal) {
      const {
        question,
        k = usualK,
        filter,
        hybrid = settings.hybrid,
      } = requireArguments("search", inputSchema, args);
      const index = await openIndex();
      const search = index.search(question, {
        ...settings,
        k,
        // The model cannot set the number of candidates, so a larger `k` raises it, and the limit lowers it.
        candidateCount: Math.min(Math.max(candidateCount, k), limits.documents),
        hybrid,
        filter: bothOf(everyFilter, filter),
        signal,
      });
      const trace = await search.catch((error: unknown) => {
        throw (filter && refusedFilter(error)) ?? error;
      });
      onScored?.(scoredPairs(trace));
      return resultOf(trace.documents, index.hasPassages);
    },
  };
}

/** A search must satisfy the server's filter whatever the model asks; each is checked by itself. */
function bothOf(
  every: MetadataFilter | undefined,
  asked: MetadataFilter | undefined,
): MetadataFilter | undefined {
  const own = requireFilter(asked);
  return every && own ? { $and: [every, own] } : (every ?? own);
}

function resultOf(documents: readonly DocumentInterface[], hasPassages: boolean): CallToolResult {
  if (documents.length === 0) {
    const text = "No passages were found. Try other words, or a wider filter.";
    return { content: [{ type: "text", text }], structuredContent: { howToRead, passages: [] } };
  }
  const found = documents.map((document, index) => {
    const { rerank } = provenanceOf(document);
    return {
      document,
      number: index + 1,
      score: rerank?.scored === true ? rerank.score : undefined,
      uri: hasPassages ? uriOf(document) : undefined,
    };
  });
  const rendered = found.map(({ document, number, score }) =>
    renderPassage(document, number, score),
  );
  const text = `${howToRead}\n<passages>\n${rendered.join("\n")}\n</passages>`;
  const links = found.flatMap(({ document, uri }) =>
    uri === undefined ? [] : [linkTo(document, uri)],
  );
  // Clients may show these to a model instead of the text, so they are escaped, too.
  const passages = found.map(({ document, number, score, uri }) => ({
    number,
    text: escapeMarks(document.pageContent),
    source: labelOf(document.metadata["source"]),
    heading: labelOf(document.metadata["headingPath"]),
    score,
    uri,
  }));
  return {
    content: [{ type: "text", text }, ...links],
    structuredContent: { howToRead, passages },
  };
}

function labelOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? escapeAttribute(value) : undefined;
}
