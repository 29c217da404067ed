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
        `The reranker scored ${count(scored, "passage")} and truncated ${truncated} of them (${percent(share)}); ` +
        `the median loss is ${count(Math.round(medianTokens), "token")}.`,
      remedy:
        "Split passages to fit (a smaller chunkSize in splitPassages), score long ones in windows (window: {} of CrossEncoderReranker), " +
        "or use a reranker that accepts longer texts (maxTokens).",
      figures: { scored, truncated, share, medianTokens, threshold: muchTruncation },
    },
  ];
}
