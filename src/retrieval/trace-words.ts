import type { Document } from "@langchain/core/documents";
import { provenanceOf } from "../documents/provenance.ts";
import type { RetrievalTrace } from "./trace.ts";

/** How a document moved from the first stage to the result: `↑2`, `↓1`, or `=`. */
export function movementOf(document: Document): string {
  const { rankShift = 0 } = provenanceOf(document);
  if (rankShift === 0) return "=";
  return rankShift > 0 ? `↑${rankShift}` : `↓${-rankShift}`;
}

/** Where a document is from: `guide.md#section`, else its id. */
export function placeNameOf({ id, metadata }: Document): string {
  const source: unknown = metadata["source"];
  const section: unknown = metadata["section"];
  if (typeof source !== "string") return id ?? "";
  return typeof section === "string" && section !== "" ? `${source}#${section}` : source;
}

/** One line: the milliseconds of each stage, failures, what reranking added, and what it left out. */
export function timesOf({ stages, candidates, coverage, milliseconds }: RetrievalTrace): string {
  const parts = stages.map(({ name, milliseconds: own, documents, failure }) =>
    failure === undefined
      ? `${name} ${documents.length} in ${own.toFixed(0)} ms`
      : `${name} failed after ${own.toFixed(0)} ms (${failure})`,
  );
  const rerank = stages.find(({ name }) => name === "rerank");
  if (!rerank) return `${parts.join(", ")}; ${milliseconds.toFixed(0)} ms in all`;
  const share = Math.round((100 * rerank.milliseconds) / (milliseconds || 1));
  const left =
    coverage.scored < candidates.length
      ? `, ${coverage.scored} of ${candidates.length} scored`
      : "";
  return `${parts.join(", ")}; ${milliseconds.toFixed(0)} ms in all, ${share} % of it reranking${left}`;
}
