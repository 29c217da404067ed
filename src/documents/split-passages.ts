import { createHash } from "node:crypto";
import { Document, type DocumentInterface } from "@langchain/core/documents";
import { RecursiveCharacterTextSplitter } from "@langchain/textsplitters";
import { requireWholeNumber, RetrievalError } from "../errors.ts";
import { markdownSections, type MarkdownSection } from "./markdown-sections.ts";

export interface SplitPassagesOptions {
  /** Most characters (UTF-16 units) of a passage. @defaultValue 512 */
  readonly chunkSize?: number | undefined;
  /** Most characters that a passage repeats of the one before it, within a section. @defaultValue 50 */
  readonly chunkOverlap?: number | undefined;
}

/** What every passage carries in its metadata, beside what its document had. */
export interface PassageMetadata {
  /** `metadata.source` of the document, usually a path. */
  readonly source: string;
  /** Slug of the heading that the passage stands under, as GitHub makes it; "" before the first heading. */
  readonly section: string;
  /** The headings above the passage, outermost first, joined by " > ". */
  readonly headingPath: string;
  /** Where the passage begins in the document, in characters. */
  readonly start: number;
  /** Where it ends; `pageContent` is the text from `start` to `end`. */
  readonly end: number;
}

/**
 * Splits documents at Markdown headings first, and sections that are too long by LangChain's
 * `RecursiveCharacterTextSplitter`. A passage's id is a hash of source, heading path, text and its
 * ordinal among equals, so the same text keeps its id wherever it moves within its section.
 */
export async function splitPassages(
  documents: readonly DocumentInterface[],
  { chunkSize = 512, chunkOverlap = 50 }: SplitPassagesOptions = {},
): Promise<Document[]> {
  requireWholeNumber("chunkSize", chunkSize, 1);
  requireWholeNumber("chunkOverlap", chunkOverlap, 0);
  if (chunkOverlap >= chunkSize) {
    throw new RetrievalError(
      "invalid-option",
      `Expected \`chunkOverlap\` to be less than \`chunkSize\` (${chunkSize}), got ${chunkOverlap}.`,
    );
  }
  const seen = new Map<string, number>();
  const passages: Document[] = [];
  for (const { pageContent: text, metadata } of documents) {
    const source = String(metadata["source"] ?? "");
    for (const section of markdownSections(text)) {
      const { slug, headingPath } = section;
      for (const { start, end } of await split(text, section, chunkSize, chunkOverlap)) {
        const pageContent = text.slice(start, end);
        const key = JSON.stringify([source, headingPath, pageContent]);
        const ordinal = seen.get(key) ?? 0;
        seen.set(key, ordinal + 1);
        const place: PassageMetadata = {
          source,
          section: slug,
          headingPath,
          start,
          end,
        };
        const id = createHash("sha256").update(`${ordinal} ${key}`).digest("hex").slice(0, 32);
        passages.push(new Document({ pageContent, metadata: { ...metadata, ...place }, id }));
      }
    }
  }
  return passages;
}

interface Span {
  readonly start: number;
  readonly end: number;
}

/** The passages of one section. The first one begins with the section's headings, which say what it is about. */
async function split(
  text: string,
  { start, bodyStart, end }: MarkdownSection,
  chunkSize: number,
  chunkOverlap: number,
): Promise<Span[]> {
  const body = text.slice(bodyStart, end);
  const headings = text.slice(start, bodyStart).trimStart();
  const splitter = RecursiveCharacterTextSplitter.fromLanguage("markdown", {
    chunkSize: Math.max(chunkSize - headings.length - 2, chunkOverlap + 1),
    chunkOverlap,
  });
  const spans: Span[] = [];
  let from = 0;
  for (const chunk of await splitter.splitText(body)) {
    // The splitter trims chunks, but changes nothing in them.
    const found = body.indexOf(chunk, from);
    if (found === -1) {
      throw new RetrievalError("invalid-input", `A passage is not part of its text: ${chunk}`);
    }
    spans.push({ start: bodyStart + found, end: bodyStart + found + chunk.length });
    // The next one begins behind this one's start, and repeats at most the overlap.
    from = Math.max(found + 1, found + chunk.length - chunkOverlap);
  }
  const headingStart = bodyStart - headings.length;
  const [first, ...rest] = spans;
  if (first) return [{ start: headingStart, end: first.end }, ...rest];
  return headings === "" ? [] : [{ start: headingStart, end: bodyStart }];
}
