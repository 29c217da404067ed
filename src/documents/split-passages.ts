import { abortSignal, wholeNumber } from "../option-rules.ts";
import { sourceOf } from "./source.ts";
import { Document, type DocumentInterface } from "@langchain/core/documents";
import { Breather } from "../breather.ts";
import { RetrievalError } from "../errors.ts";
import { requireOptions, type OptionRules } from "../options.ts";
import { hashId } from "./identity.ts";
import { frontMatterTitle, textStart } from "./front-matter.ts";
import { sectionSteps } from "./markdown-sections.ts";
import { keepOwn } from "./own-metadata.ts";
import { requireDocuments } from "./require-documents.ts";
import { splitSection } from "./split-section.ts";

/** Size limits of the passages that `splitPassages` returns. */
export interface SplitPassagesOptions {
  /** Maximum length of a passage in characters (UTF-16 units), at least 2. @defaultValue 512 */
  readonly chunkSize?: number | undefined;
  /**
   * Maximum number of characters that a passage repeats of the previous one in its section, at least
   * 0. @defaultValue 50
   */
  readonly chunkOverlap?: number | undefined;
  /** Ends the call with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

export const splitPassagesOptionRules: OptionRules<SplitPassagesOptions> = {
  chunkSize: wholeNumber(2), // A character outside the basic plane takes two units.
  chunkOverlap: wholeNumber(0),
  signal: abortSignal,
};

/**
 * The metadata that each passage gets in addition to its document's. The document's own `section`,
 * `headingPath`, `start` and `end` are kept as `documentSection`, `documentHeadingPath`, `documentStart` and
 * `documentEnd`.
 */
export interface PassageMetadata {
  /** `metadata.source` of the document, usually a path; at most 4,096 characters. */
  readonly source: string;
  /**
   * Slug of the heading above the passage, as GitHub makes it, from the first 200 characters; "" before the
   * first heading.
   */
  readonly section: string;
  /**
   * The headings above the passage, outermost first, joined by " > ": at most six, each cut to 200 characters.
   */
  readonly headingPath: string;
  /** Start of the passage in its document, in characters. */
  readonly start: number;
  /**
   * End of the passage. `pageContent` is the text from `start` to `end`, without comments; a part of a long
   * table has the column names added above it, and a part of long code a fence around it.
   */
  readonly end: number;
}

/**
 * Splits documents at Markdown headings, and long sections with LangChain's `RecursiveCharacterTextSplitter`.
 * Code blocks and tables that fit in a passage are kept whole; each part of a longer one repeats the fence or
 * the column names. Front matter is left out, and its `title` is added to the metadata. Comments, and passages
 * of marks and tags only, are left out, too. A passage's id is a hash of source, heading path, text, and its
 * number among equal passages, so it does not change when the text moves within its section. Pauses for other
 * work.
 *
 * @throws RetrievalError `invalid-option` for inconsistent limits, `invalid-input` for a document without text
 * and for a `metadata.source` of more than 4,096 characters
 */
export async function splitPassages(
  documents: readonly DocumentInterface[],
  options: SplitPassagesOptions = {},
): Promise<Document[]> {
  const {
    chunkSize = 512,
    chunkOverlap = 50,
    signal,
  } = requireOptions("splitPassages", options, splitPassagesOptionRules);
  if (chunkOverlap >= chunkSize) {
    throw new RetrievalError(
      "invalid-option",
      `Expected \`chunkOverlap\` to be less than \`chunkSize\` (${chunkSize}), got ${chunkOverlap}.`,
    );
  }
  const given = requireDocuments("documents", documents);
  const breather = new Breather(signal);
  const seen = new Map<string, number>();
  const passages: Document[] = [];
  for (const document of given) {
    const { pageContent: text, metadata } = document;
    const source = requireSource(sourceOf(document) ?? "");
    const title = frontMatterTitle(text.slice(0, textStart(text)));
    const own = keepOwn(metadata, writtenNames);
    const ofDocument = title === undefined ? own : { title, ...own };
    for (const section of await breather.take(sectionSteps(text))) {
      const { slug, headingPath } = section;
      const limits = { chunkSize, chunkOverlap, breather };
      for (const { start, end, text: pageContent } of await splitSection(text, section, limits)) {
        if (breather.isDue) await breather.pause();
        const key = JSON.stringify([source, headingPath, pageContent]);
        const ordinal = seen.get(key) ?? 0;
        seen.set(key, ordinal + 1);
        const ofPassage: PassageMetadata = {
          source,
          section: slug,
          headingPath,
          start,
          end,
        };
        const id = hashId([source, headingPath, pageContent, ordinal]);
        passages.push(new Document({ pageContent, metadata: { ...ofDocument, ...ofPassage }, id }));
      }
    }
  }
  return passages;
}

/** Names that a document may use itself, with another meaning. */
const writtenNames = ["section", "headingPath", "start", "end"];

/** Maximum length of a path. Each passage carries it, so the output grows with the square of a longer one. */
const mostSource = 4096;

function requireSource(source: string): string {
  if (source.length <= mostSource) return source;
  throw new RetrievalError(
    "invalid-input",
    `Expected \`metadata.source\` to have at most ${mostSource} characters, got ${source.length} (${JSON.stringify(source.slice(0, 40))}…): set a shorter one, such as a path or a title.`,
  );
}
