import type { Document } from "@langchain/core/documents";
import { identityOf } from "../../documents/identity.ts";
import { provenanceOf, type Provenance } from "../../documents/provenance.ts";
import type { RetrievalTrace } from "../../documents/retrieval-trace.ts";
import { sourceOf } from "../../documents/source.ts";
import { RetrievalError } from "../../errors.ts";
import type { Analyzer } from "../../lexical/analyzer.ts";
import type { TermWeight } from "../../lexical/bm25-scoring.ts";
import type { SearchIndex } from "../../retrieval/search-index.ts";
import { passageView, type PassageView } from "./search-view.ts";

/** A word of the passage that matches a term of the question. */
interface MatchedWord {
  /** Offsets in the text, in UTF-16 units. */
  readonly start: number;
  readonly end: number;
  readonly term: string;
}

/** Why a passage has its rank. */
export interface Explanation extends PassageView {
  readonly text: string;
  readonly provenance: Partial<Provenance>;
  /** Whether the reranker received it; if not, it is in a list of the first stage only. */
  readonly isCandidate: boolean;
  /** `undefined` without a lexical index that holds the passage. */
  readonly bm25:
    | {
        readonly terms: readonly TermWeight[];
        /** The sum of the weights: the passage's BM25 score. */
        readonly score: number;
        readonly words: readonly MatchedWord[];
      }
    | undefined;
  /** The parts of a fused score by reciprocal rank, by the name of the list. */
  readonly fusedParts: Readonly<Record<string, number>> | undefined;
  /** The passages before and after it in its document. */
  readonly before: PassageView | undefined;
  readonly after: PassageView | undefined;
}

/**
 * The passage with this id in any list of a search, with what the latest stage wrote.
 *
 * @throws `invalid-input` if no stage found it
 */
export function foundPassage({ documents, stages }: RetrievalTrace, id: string): Document {
  const lists = [documents, ...stages.toReversed().map((stage) => stage.documents)];
  for (const list of lists) {
    const found = list.find((document) => identityOf(document) === id);
    if (found) return found;
  }
  throw new RetrievalError(
    "invalid-input",
    "Expected the id of a passage that this search finds, got another one: the index or the settings have changed; search again.",
  );
}

export async function explainPassage(
  index: SearchIndex,
  trace: RetrievalTrace,
  document: Document,
  signal: AbortSignal,
): Promise<Explanation> {
  const view = passageView(document);
  // A search over vectors alone does not need the lexical index; a hybrid one says what is wrong with it.
  const lexical = (await index.lexical().catch(() => undefined))?.index;
  const isIndexed = lexical?.has(view.id) === true;
  const terms = isIndexed ? lexical.explain(trace.query, view.id) : [];
  const provenance = provenanceOf(document);
  const { before, after } = await neighbours(index, document, signal);
  return {
    ...view,
    text: document.pageContent,
    provenance,
    isCandidate: trace.candidates.some((each) => identityOf(each) === view.id),
    bm25: isIndexed
      ? {
          terms: terms.toSorted((a, b) => b.weight - a.weight),
          score: terms.reduce((sum, { weight }) => sum + weight, 0),
          words: matchedWords(document.pageContent, lexical.analyzer, terms),
        }
      : undefined,
    fusedParts: fusedParts(provenance),
    before: before && passageView(before),
    after: after && passageView(after),
  };
}

function fusedParts({ fused, dense, lexical }: Partial<Provenance>): Explanation["fusedParts"] {
  if (fused?.method !== "reciprocal-rank") return undefined;
  return {
    ...(dense && { Dense: 1 / (60 + dense.rank) }),
    ...(lexical && { BM25: 1 / (60 + lexical.rank) }),
  };
}

const words = new Intl.Segmenter("en", { granularity: "word" });

/** Analyses each word of the text by itself: a term has no offsets. */
function matchedWords(
  text: string,
  analyzer: Analyzer,
  terms: readonly TermWeight[],
): MatchedWord[] {
  const asked = new Set(terms.map(({ term }) => term));
  const termsOf = (word: string): readonly string[] => {
    const { terms: own, stopWords } = analyzer.analyzeAll?.(word) ?? {
      terms: analyzer.analyze(word),
      stopWords: [],
    };
    return own.length > 0 ? own : stopWords;
  };
  return Array.from(words.segment(text)).flatMap(({ segment, index, isWordLike }) => {
    if (isWordLike !== true) return [];
    const term = termsOf(segment).find((each) => asked.has(each));
    return term === undefined ? [] : [{ start: index, end: index + segment.length, term }];
  });
}

/** Asks for the passages around this one, by their offsets in the document. */
async function neighbours(
  index: SearchIndex,
  document: Document,
  signal: AbortSignal,
): Promise<{ readonly before: Document | undefined; readonly after: Document | undefined }> {
  const [source, start, end] = [sourceOf(document), startOf(document), document.metadata["end"]];
  if (source === undefined || start === undefined || typeof end !== "number") {
    return { before: undefined, after: undefined };
  }
  const reach = Math.max(1500, 3 * (end - start));
  const { documents } = await index.search(document.pageContent.slice(0, 200), {
    filter: { source, start: { $gte: start - reach, $lte: end + reach } },
    rerank: false,
    k: passagesAround,
    candidateCount: passagesAround,
    signal,
  });
  const others = documents
    .filter((each) => identityOf(each) !== identityOf(document))
    .toSorted((a, b) => (startOf(a) ?? 0) - (startOf(b) ?? 0));
  return {
    before: others.findLast((each) => (startOf(each) ?? 0) < start),
    after: others.find((each) => (startOf(each) ?? 0) > start),
  };
}

const passagesAround = 30;

function startOf({ metadata }: Document): number | undefined {
  const start: unknown = metadata["start"];
  return typeof start === "number" ? start : undefined;
}
