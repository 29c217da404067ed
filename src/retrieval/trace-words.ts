import { sourceOf } from "../documents/source.ts";
import type { Document } from "@langchain/core/documents";
import type { ModelUsage } from "../ranking/model-usage.ts";
import { provenanceOf } from "../documents/provenance.ts";
import { cutMiddle } from "../text/cut-text.ts";
import type { RetrievalTrace } from "../documents/retrieval-trace.ts";

/** How a document moved from the first stage to the result: `↑2`, `↓1`, or `=`. */
export function movementOf(document: Document): string {
  const { rankShift = 0 } = provenanceOf(document);
  if (rankShift === 0) return "=";
  return rankShift > 0 ? `↑${rankShift}` : `↓${-rankShift}`;
}

/**
 * Where a document comes from: `guide.md#section`, or else its id. A name of more than 200 characters is
 * shortened in the middle: it would fill the table, and layout time grows with the square of its length.
 */
export function sourceNameOf(document: Document): string {
  return cutMiddle(wholeSourceName(document), 66, 133);
}

function wholeSourceName(document: Document): string {
  const source = sourceOf(document);
  const section: unknown = document.metadata["section"];
  if (source === undefined) return document.id ?? "";
  return typeof section === "string" && section !== "" ? `${source}#${section}` : source;
}

/**
 * One line with the milliseconds of each stage, failures, the share of reranking, and documents that were not
 * scored.
 */
export function timesOf({ stages, candidates, coverage, milliseconds }: RetrievalTrace): string {
  const parts = stages.map(({ name, milliseconds: own, documents, failure, usage }) => {
    const used = usage ? ` with ${usedOf(usage)}` : "";
    return failure === undefined
      ? `${name} ${documents.length} in ${own.toFixed(0)} ms${used}`
      : `${name} failed after ${own.toFixed(0)} ms${used} (${failure})`;
  });
  const rerank = stages.find(({ name }) => name === "rerank");
  if (!rerank) return `${parts.join(", ")}; ${milliseconds.toFixed(0)} ms in all`;
  const share = Math.round((100 * rerank.milliseconds) / (milliseconds || 1));
  const left =
    coverage.scored < candidates.length
      ? `, ${coverage.scored} of ${candidates.length} scored`
      : "";
  return `${parts.join(", ")}; ${milliseconds.toFixed(0)} ms in all, ${share} % of it reranking${left}`;
}

function usedOf({ calls, inputTokens, outputTokens, isEstimated }: ModelUsage): string {
  const tokens = inputTokens + outputTokens;
  return `${calls} model ${calls === 1 ? "call" : "calls"} and ${isEstimated ? "about " : ""}${tokens} tokens`;
}
