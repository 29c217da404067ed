import { abortSignal, wholeNumber } from "../option-rules.ts";
import { sourceOf } from "./source.ts";
import { Document, type DocumentInterface } from "@langchain/core/documents";
import { Breather } from "../breather.ts";
import { requireWholeNumber, RetrievalError } from "../errors.ts";
import { requireOptions, type OptionRules } from "../options.ts";
import { hashId } from "./identity.ts";
import { frontMatterTitle, textStart } from "./front-matter.ts";
import { sectionSteps } from "./markdown-sections.ts";
import { keepOwn } from "./own-metadata.ts";
import { requireDocuments } from "./require-documents.ts";
import { splitSection } from "./split-section.ts";

/** Size limits of the passages that `splitPassages` returns. */
export interface SplitPassagesOptions {
  /** Most characters (UTF-16 units) of a passage, 2 or more; none is longer. @defaultValue 512 */
  readonly chunkSize?: number | undefined;
  /** Most characters that a passage repeats of the one before it, within a section. @defaultValue 50 */
  readonly chunkOverlap?: number | undefined;
  /** Ends the call with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

export const splitPassagesOptionRules: OptionRules<SplitPassagesOptions> = {
  chunkSize: wholeNumber(2),
  chunkOverlap: wholeNumber(0),
  signal: abortSignal,
};

/**
 * What every passage carries in its metadata, beside what its document had. A document's own `section`,
 * `headingPath`, `start` and `end` are kept as `documentSection`, `documentHeadingPath`, `documentStart` and
 * `documentEnd`.
 */
export interface PassageMetadata {
  /** `metadata.source` of the document, usually a path; at most 4,096 characters. */
  readonly source: string;
  /** Slug of the heading that the passage stands under, as GitHub makes it of its first 200 characters; "" before the first heading. */
  readonly section: string;
  /** The headings above the passage, outermost first, joined by " > ": at most six, each cut to 200 characters. */
  readonly headingPath: string;
  /** Where the passage begins in the document, in characters. */
  readonly start: number;
  /**
   * Where it ends. `pageContent` is the text from `start` to `end`, without comments; a part of a long table has the column
   * names above it, and a part of long code its fence around it.
   */
  readonly end: number;
}

/**
 * Splits documents at Markdown headings first, and sections that are too long by LangChain's
 * `RecursiveCharacterTextSplitter`. Code and tables that fit in a passage are kept whole; of longer ones each part
 * repeats the fence or the column names. Front matter is left out, its `title` goes to the metadata; comments, and
 * passages of nothing but marks and tags, are left out, too. A passage's id is a hash of source, heading path, text and its
 * ordinal among equals, so the same text keeps its id wherever it moves within its section. Other work
 * gets its turn in between.
 *
 * @throws RetrievalError `invalid-option` for limits that do not fit together, `invalid-input` for a
 * document without text and for a `metadata.source` of more than 4,096 characters
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
  requireWholeNumber("chunkSize", chunkSize, 2); // A character outside the basic plane takes two.
  requireWholeNumber("chunkOverlap", chunkOverlap, 0);
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
        const place: PassageMetadata = {
          source,
          section: slug,
          headingPath,
          start,
          end,
        };
        const id = hashId([source, headingPath, pageContent, ordinal]);
        passages.push(new Document({ pageContent, metadata: { ...ofDocument, ...place }, id }));
      }
    }
  }
  return passages;
}

/** What a document may have under the same name, meaning something else. */
const writtenNames = ["section", "headingPath", "start", "end"];

/** As long as a path can be. Each passage carries it, so that a longer one would take the square of its length. */
const mostSource = 4096;

function requireSource(source: string): string {
  if (source.length <= mostSource) return source;
  throw new RetrievalError(
    "invalid-input",
    `Expected \`metadata.source\` to have at most ${mostSource} characters, got ${source.length} (${JSON.stringify(source.slice(0, 40))}…): set a shorter one, such as a path or a title.`,
  );
}
