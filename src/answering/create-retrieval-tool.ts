import { checkedByTaker, required, string, text, runnable } from "../option-rules.ts";
import { Document, type DocumentInterface } from "@langchain/core/documents";
import { tool, type StructuredToolInterface } from "@langchain/core/tools";
import type { JSONSchema } from "@langchain/core/utils/json_schema";
import { passageIdOf } from "../documents/identity.ts";
import type { MetadataFilter } from "../documents/metadata-filter.ts";
import { requireFilter } from "../documents/parse-filter.ts";
import { provenanceOf } from "../documents/provenance.ts";
import { describe, requireText, RetrievalError } from "../errors.ts";
import { requireOptions, type OptionRules } from "../options.ts";
import type { AnyRetriever } from "../retrieval/any-retriever.ts";
import { howToReadPassages } from "../text/prompt-text.ts";
import { renderPassage } from "../documents/render-passage.ts";
import { retrieve } from "../retrieval/retrieve.ts";
import { TwoStageRetriever } from "../retrieval/two-stage-retriever.ts";

/** The retriever behind a retrieval tool, and how a model sees the tool. */
export interface RetrievalToolOptions {
  /** A `TwoStageRetriever`, or any LangChain retriever. */
  readonly retriever: AnyRetriever;
  /** Tells the model what can be found, and when to search. */
  readonly description: string;
  /** The tool's name for the model: 1 to 64 letters, digits, `_` and `-`. @defaultValue "search_documents" */
  readonly name?: string | undefined;
  /** Restricts every search, whatever the model asks; requires a `TwoStageRetriever`. @defaultValue none */
  readonly filter?: MetadataFilter | undefined;
}

const retrievalToolOptionRules: OptionRules<RetrievalToolOptions> = {
  retriever: required(runnable),
  description: required(text),
  name: string,
  filter: checkedByTaker,
};

/**
 * A tool that takes a query. A direct call returns the text that a model reads; a tool call returns a
 * `ToolMessage`.
 */
export type RetrievalTool = StructuredToolInterface<JSONSchema, { readonly query: string }>;

/**
 * Creates a tool with which an agent searches. The model reads passages with their sources, shown as data
 * between marks that they cannot close. Each passage has an id that is the same in every search. The `artifact`
 * of the `ToolMessage` holds the documents, with that id as `metadata.retrieval.passageId`. A failed search
 * throws; an agent of `createAgent` reports the error to its model. The signal of the call aborts the search.
 *
 * @example
 * ```ts
 * import { Bm25Retriever, createRetrievalTool, loadFolder, splitPassages } from "langchain-rerank";
 *
 * const { documents } = await loadFolder("sample_documents");
 * const passages = await splitPassages(documents);
 * const searchGuides = createRetrievalTool({
 *   retriever: await Bm25Retriever.fromDocuments(passages, { k: 5 }),
 *   name: "search_guides",
 *   description: "Finds passages of our guides. Search before you answer.",
 * });
 * console.log(await searchGuides.invoke({ query: "How does LoRA reduce memory?" }));
 * ```
 */
export function createRetrievalTool(options: RetrievalToolOptions): RetrievalTool {
  const {
    retriever,
    description,
    name = "search_documents",
    filter,
  } = requireOptions("createRetrievalTool", options, retrievalToolOptionRules);
  const everyFilter = requireFilter(filter);
  if (everyFilter && !(retriever instanceof TwoStageRetriever)) {
    throw new RetrievalError(
      "invalid-option",
      `Expected a TwoStageRetriever to apply \`filter\`, got ${retriever.constructor.name}: create that retriever with the filter instead.`,
    );
  }
  return tool(
    async (input: unknown, config) => {
      const { found } = await retrieve(retriever, queryOf(input), {
        ...config,
        filter: everyFilter,
      });
      return [renderFound(found), found.map(withPassageId)];
    },
    {
      name: requireToolName(name),
      description: description,
      responseFormat: "content_and_artifact",
      schema: {
        type: "object",
        properties: {
          query: {
            type: "string",
            description:
              "What to search for: a question or keywords that make sense without the conversation.",
          },
        },
        required: ["query"],
      },
    },
  );
}

/** Chat models refuse other names only at the first question, each with a different error. */
function requireToolName(name: string): string {
  if (typeof name === "string" && /^[A-Za-z0-9_-]{1,64}$/.test(name)) return name;
  throw new RetrievalError(
    "invalid-option",
    `Expected \`name\` to be 1 to 64 letters, digits, "_" and "-", got ${describe(name)}.`,
  );
}

/** LangChain has validated the input against the schema, but types it as unknown. */
function queryOf(input: unknown): string {
  const query: unknown = Reflect.get(Object(input), "query");
  return requireText("query", typeof query === "string" ? query : "");
}

function renderFound(documents: readonly DocumentInterface[]): string {
  if (documents.length === 0) return "No passages were found. Try other words.";
  const passages = documents.map((document) => renderPassage(document, passageIdOf(document)));
  return `${howToReadPassages.join(" ")} The best passage comes first. A passage has the same id in every search: refer to it by its id.\n<passages>\n${passages.join("\n")}\n</passages>`;
}

function withPassageId(document: DocumentInterface): Document {
  const retrieval = { ...provenanceOf(document), passageId: passageIdOf(document) };
  return new Document({ ...document, metadata: { ...document.metadata, retrieval } });
}
