import type { DocumentInterface } from "@langchain/core/documents";
import type { ResourceLink, ResourceTemplate } from "@modelcontextprotocol/sdk/types.js";
import type { MetadataFilter } from "../documents/metadata-filter.ts";
import { metadataPredicate } from "../documents/metadata-predicate.ts";
import { parseFilter } from "../documents/parse-filter.ts";
import type { SearchIndex } from "../retrieval/search-index.ts";
import { sourceNameOf } from "../retrieval/trace-words.ts";
import { escapeAttribute } from "../text/prompt-text.ts";
import { wellFormed } from "../text/well-formed.ts";

const prefix = "passage:///";

/** Markdown is text, too, and a client shows it as it is. */
const mimeType = "text/plain";

/** The URIs of passages, for clients that list what can be read. */
export const passageTemplate: ResourceTemplate = {
  uriTemplate: `${prefix}{id}`,
  name: "passage",
  title: "Passage",
  description: "A passage that `search` found, with its text unchanged.",
  mimeType,
};

/** The URI of a stored passage; `undefined` if its id is missing or cannot be written in one. */
export function uriOf({ id }: DocumentInterface): string | undefined {
  if (id === undefined || wellFormed(id) !== id) return undefined;
  return prefix + encodeURIComponent(id);
}

/** Lets a client open a passage; its name comes from the document, so it is escaped. */
export function linkTo(document: DocumentInterface, uri: string): ResourceLink {
  return { type: "resource_link", uri, name: escapeAttribute(sourceNameOf(document)), mimeType };
}

/** The passage at a URI as the contents of a resource; `undefined` if there is none that passes the filter. */
export async function readPassage(
  index: SearchIndex,
  uri: string,
  filter: MetadataFilter | undefined,
): Promise<{ uri: string; mimeType: string; text: string } | undefined> {
  const id = idIn(uri);
  const found = id === undefined ? undefined : await index.passage(id);
  const tree = parseFilter(filter);
  if (!found || (tree && !metadataPredicate(tree)(found.metadata))) return undefined;
  return { uri, mimeType, text: found.pageContent };
}

function idIn(uri: string): string | undefined {
  if (!uri.startsWith(prefix)) return undefined;
  try {
    return decodeURIComponent(uri.slice(prefix.length));
  } catch {
    return undefined;
  }
}
