import type { DocumentInterface } from "@langchain/core/documents";
import { identityOf, sectionOf } from "../../documents/identity.ts";
import { provenanceOf, type Provenance } from "../../documents/provenance.ts";
import type { RetrievalTrace, StageTrace } from "../../documents/retrieval-trace.ts";
import { sourceOf } from "../../documents/source.ts";
import { cutEnd } from "../../text/cut-text.ts";

/** A passage in the lists of the page. */
export interface PassageView {
  readonly id: string;
  /** Its id in the judgements; passages of one section share it. */
  readonly judgedId: string;
  readonly source: string;
  readonly headingPath: string;
  /** The beginning of its text below its heading, at most 280 characters. */
  readonly excerpt: string;
}

/** A passage's rank in one list. */
export interface EntryView {
  readonly id: string;
  readonly rank: number;
  /** By which the list is ordered; left out if the stage gave none. */
  readonly score?: number;
  /** Of the reranked list: the cross-encoder's own output. */
  readonly raw?: number;
  /** Of the reranked list: why there is no score. */
  readonly reason?: string;
  /** Ranks gained since the first stage. */
  readonly rankShift?: number;
}

/** The lists of the page, in the order of the stages. */
type ListName = "dense" | "bm25" | "fused" | "reranked";

/** One search as the page shows it. */
export interface SearchView {
  readonly question: string;
  readonly passages: Readonly<Record<string, PassageView>>;
  readonly lists: readonly { readonly name: ListName; readonly entries: readonly EntryView[] }[];
  /** The result, best first. */
  readonly result: readonly EntryView[];
  readonly stages: readonly (Pick<StageTrace, "name" | "milliseconds"> & {
    readonly failure: string | undefined;
  })[];
  readonly coverage: RetrievalTrace["coverage"];
  /** How many pairs this search scored; the others' scores were known. */
  readonly scoredAnew: number;
  readonly model: string | undefined;
  readonly milliseconds: number;
}

const firstStages: Readonly<Record<string, ListName>> = {
  candidates: "dense",
  dense: "dense",
  bm25: "bm25",
  fusion: "fused",
};

/** The retrievers of a hybrid search run at once: the order in which they end differs from search to search. */
const stageOrder = ["candidates", "dense", "bm25", "fusion", "rerank", "blend"];

export function searchView(trace: RetrievalTrace): SearchView {
  const stages = trace.stages.toSorted(
    (a, b) => stageOrder.indexOf(a.name) - stageOrder.indexOf(b.name),
  );
  const { coverage, milliseconds, query, documents } = trace;
  const passages = new Map<string, PassageView>();
  const entriesOf = (found: readonly DocumentInterface[], list: ListName | "result"): EntryView[] =>
    found.map((document, index) => {
      const passage = passageView(document);
      passages.set(passage.id, passage);
      return entryView(document, passage.id, index + 1, list);
    });
  const lists = stages.flatMap(({ name, documents: found }) => {
    const list = firstStages[name];
    return list === undefined ? [] : [{ name: list, entries: entriesOf(found, list) }];
  });
  // A blend orders the reranked list once more.
  const ordered = stages.findLast(({ name }) => name === "rerank" || name === "blend");
  const reranked = ordered && {
    name: "reranked" as const,
    entries: entriesOf(ordered.documents, "reranked"),
  };
  const result = entriesOf(documents, "result");
  const models = documents.flatMap((document) => {
    const { rerank } = provenanceOf(document);
    return rerank && "model" in rerank ? [rerank.model] : [];
  });
  return {
    question: query,
    passages: Object.fromEntries(passages),
    lists: reranked ? [...lists, reranked] : lists,
    result,
    stages: stages.map(({ name, milliseconds: own, failure }) => ({
      name: name === "candidates" ? "dense" : name,
      milliseconds: own,
      failure,
    })),
    coverage,
    scoredAnew: scoredAnew(trace),
    // Of a model in a folder, the name of the folder.
    model: models[0]?.split(/[\\/]/).at(-1),
    milliseconds,
  };
}

function scoredAnew({ stages, coverage }: RetrievalTrace): number {
  const rerank = stages.find(({ name }) => name === "rerank");
  if (!rerank) return 0;
  const { scorers, cached = 0 } = rerank;
  const scored = scorers?.reduce((sum, each) => sum + each.scored, 0) ?? coverage.scored;
  return Math.max(0, scored - cached);
}

export function passageView(document: DocumentInterface): PassageView {
  const { pageContent, metadata } = document;
  const headingPath: unknown = metadata["headingPath"];
  return {
    id: identityOf(document),
    judgedId: judgedIdOf(document),
    source: sourceOf(document) ?? "",
    headingPath: typeof headingPath === "string" ? headingPath : "",
    excerpt: cutEnd(withoutHeading(pageContent), 280),
  };
}

/** The heading is shown already. */
function withoutHeading(text: string): string {
  const rest = text.replace(/^\s*#{1,6} [^\n]*\n/, "").trim();
  return rest === "" ? text : rest;
}

/** The id of `evaluate`: a folder's passages are judged by their section, others by their own id. */
function judgedIdOf(document: DocumentInterface): string {
  const isOfFolder =
    sourceOf(document) !== undefined && typeof document.metadata["section"] === "string";
  return isOfFolder ? sectionOf(document) : identityOf(document);
}

function entryView(
  document: DocumentInterface,
  id: string,
  rank: number,
  list: ListName | "result",
): EntryView {
  const provenance = provenanceOf(document);
  const { rerank, blended } = provenance;
  const isFinal = list === "reranked" || list === "result";
  const score = isFinal ? finalScore(provenance) : stageScore(provenance, list);
  const shift = rankShiftOf(provenance, rank);
  return {
    id,
    rank,
    ...(score !== undefined && { score }),
    ...(isFinal && rerank?.scored && { raw: rerank.raw }),
    ...(isFinal && rerank?.scored === false && !blended && { reason: rerank.reason }),
    ...(isFinal && shift !== undefined && { rankShift: shift }),
  };
}

function finalScore({
  blended,
  rerank,
  fused,
  lexical,
  dense,
}: Partial<Provenance>): number | undefined {
  if (blended) return blended.score;
  if (rerank?.scored) return rerank.score;
  return rerank ? undefined : (fused ?? lexical ?? dense)?.score;
}

function stageScore(
  { dense, lexical, fused }: Partial<Provenance>,
  list: Exclude<ListName, "reranked">,
): number | undefined {
  return { dense, bm25: lexical, fused }[list]?.score;
}

/** The first-stage rank minus this one. */
function rankShiftOf({ rank, rankShift }: Partial<Provenance>, now: number): number | undefined {
  return rank === undefined || rankShift === undefined ? undefined : rank + rankShift - now;
}
