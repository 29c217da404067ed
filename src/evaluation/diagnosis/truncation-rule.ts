import type { DiagnosisCase } from "./diagnosis-case.ts";
import type { Finding } from "./finding.ts";
import { count, percent } from "./number-words.ts";
import { truncationOf } from "./truncation.ts";

/** From one in ten on, a list of ten has on average one passage that was judged by its beginning only. */
const muchTruncation = 0.1;

/** Long passages are truncated: the reranker judges them by their beginning. */
export function findTruncation({ challenger }: DiagnosisCase): Finding[] {
  const { scored, truncated, share, medianTokens } = truncationOf(challenger);
  if (share < muchTruncation) return [];
  return [
    {
      code: "truncation",
      severity: "warning",
      message:
        `The reranker did not see the end of ${truncated} of ${count(scored, "passage")} that it scored (${percent(share)}); ` +
        `half of those lost ${count(Math.round(medianTokens), "token")} or more.`,
      remedy:
        "Split passages so that they fit (a smaller chunkSize in splitPassages), or take a reranker that reads longer texts (maxTokens).",
      figures: { scored, truncated, share, medianTokens, threshold: muchTruncation },
    },
  ];
}
