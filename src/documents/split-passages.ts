import { Document, type DocumentInterface } from "@langchain/core/documents";
import { RecursiveCharacterTextSplitter } from "@langchain/textsplitters";
import { Breather } from "../breather.ts";
import { requireWholeNumber, RetrievalError } from "../errors.ts";
import { hashId } from "./identity.ts";
import { sectionSteps, type MarkdownSection } from "./markdown-sections.ts";

export interface SplitPassagesOptions {
  /** Most characters (UTF-16 units) of a passage, 2 or more; none is longer. @defaultValue 512 */
  readonly chunkSize?: number | undefined;
  /** Most characters that a passage repeats of the one before it, within a section. @defaultValue 50 */
  readonly chunkOverlap?: number | undefined;
  /** Ends the call with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** What every passage carries in its metadata, beside what its document had. */
export interface PassageMetadata {
  /** `metadata.source` of the document, usually a path; at most 4,096 characters. */
  readonly source: string;
  /** Slug of the heading that the passage stands under, as GitHub makes it of its first 200 characters; "" before the first heading. */
  readonly section: string;
  /** The headings above the passage, outermost first, joined by " > ": at most six, each cut to 200 characters. */
  readonly headingPath: string;
  /** Where the passage begins in the document, in characters. */
  readonly start: number;
  /** Where it ends; `pageContent` is the text from `start` to `end`. */
  readonly end: number;
}

/**
 * Splits documents at Markdown headings first, and sections that are too long by LangChain's
 * `RecursiveCharacterTextSplitter`. A passage's id is a hash of source, heading path, text and its
 * ordinal among equals, so the same text keeps its id wherever it moves within its section. Other work
 * gets its turn in between.
 *
 * @throws RetrievalError `invalid-option` for limits that do not fit together, `invalid-input` for a
 * `metadata.source` of more than 4,096 characters
 */
export async function splitPassages(
  documents: readonly DocumentInterface[],
  { chunkSize = 512, chunkOverlap = 50, signal }: SplitPassagesOptions = {},
): Promise<Document[]> {
  requireWholeNumber("chunkSize", chunkSize, 2); // A character outside the basic plane takes two.
  requireWholeNumber("chunkOverlap", chunkOverlap, 0);
  if (chunkOverlap >= chunkSize) {
    throw new RetrievalError(
      "invalid-option",
      `Expected \`chunkOverlap\` to be less than \`chunkSize\` (${chunkSize}), got ${chunkOverlap}.`,
    );
  }
  const breather = new Breather(signal);
  const seen = new Map<string, number>();
  const passages: Document[] = [];
  for (const { pageContent: text, metadata } of documents) {
    const source = requireSource(String(metadata["source"] ?? ""));
    for (const section of await breather.take(sectionSteps(text))) {
      const { slug, headingPath } = section;
      const limits = { chunkSize, chunkOverlap, breather };
      for (const { start, end } of await split(text, section, limits)) {
        if (breather.isDue) await breather.pause();
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
        const id = hashId([source, headingPath, pageContent, ordinal]);
        passages.push(new Document({ pageContent, metadata: { ...metadata, ...place }, id }));
      }
    }
  }
  return passages;
}

/** As long as a path can be. Each passage carries it, so that a longer one would take the square of its length. */
const mostSource = 4096;

function requireSource(source: string): string {
  if (source.length <= mostSource) return source;
  throw new RetrievalError(
    "invalid-input",
    `Expected \`metadata.source\` to have at most ${mostSource} characters, got ${source.length} (${JSON.stringify(source.slice(0, 40))}…): set a shorter one, such as a path or a title.`,
  );
}

interface Span {
  readonly start: number;
  readonly end: number;
}

interface SplitLimits {
  readonly chunkSize: number;
  readonly chunkOverlap: number;
  readonly breather: Breather;
}

/**
 * The passages of one section. The first one begins with the section's headings, which say what it is
 * about; headings that would take more than half of a passage are split as if they were text.
 */
async function split(
  text: string,
  section: MarkdownSection,
  { chunkSize, chunkOverlap, breather }: SplitLimits,
): Promise<Span[]> {
  const start = firstNonBlank(text, section.start);
  const bodyStart = firstNonBlank(text, section.bodyStart);
  const room = chunkSize - (bodyStart - start);
  const hasBody = bodyStart < section.end;
  if (!hasBody || room < chunkSize / 2) {
    return spansOf(text, { start, end: section.end }, { chunkSize, chunkOverlap, breather });
  }
  const [first, ...rest] = await spansOf(
    text,
    { start: bodyStart, end: section.end },
    { chunkSize: room, chunkOverlap: Math.min(chunkOverlap, Math.floor(room / 2)), breather },
  );
  return first ? [{ start, end: first.end }, ...rest] : [];
}

/** Where the splitter's chunks lie: it trims them, but changes nothing in them. */
async function spansOf(text: string, { start, end }: Span, limits: SplitLimits): Promise<Span[]> {
  const part = text.slice(start, end);
  if (part.length < limits.chunkSize) {
    // The splitter would give all of it, and takes longer to make than most sections to read.
    const whole = part.trim();
    const from = start + firstNonBlank(part, 0);
    return whole === "" ? [] : [{ start: from, end: from + whole.length }];
  }
  const spans: Span[] = [];
  let reached = 0;
  for (const chunk of await new MarkdownSplitter(limits).splitText(part)) {
    // The last place that leaves nothing out: an equal text further on would.
    const found = part.lastIndexOf(chunk, firstNonBlank(part, reached));
    reached = found + chunk.length;
    spans.push({ start: start + found, end: start + reached });
  }
  return spans;
}

function firstNonBlank(text: string, from: number): number {
  const blank = /\s*/y;
  blank.lastIndex = from;
  blank.test(text);
  return blank.lastIndex;
}

/** LangChain's splitter for Markdown, which cuts between characters and never within one. */
class MarkdownSplitter extends RecursiveCharacterTextSplitter {
  constructor({ chunkSize, chunkOverlap, breather }: SplitLimits) {
    const separators = RecursiveCharacterTextSplitter.getSeparatorsForLanguage("markdown");
    // Called for each piece, and the only place where the splitter waits for anything.
    const lengthFunction = async (text: string): Promise<number> => {
      if (breather.isDue) await breather.pause();
      return text.length;
    };
    super({ chunkSize, chunkOverlap, separators, lengthFunction });
  }

  protected override splitOnSeparator(text: string, separator: string): string[] {
    return separator === "" ? Array.from(text) : super.splitOnSeparator(text, separator);
  }
}
