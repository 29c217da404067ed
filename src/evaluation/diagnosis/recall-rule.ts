import { candidatePool, poolRecall } from "./candidate-pool.ts";
import type { DiagnosisCase } from "./diagnosis-case.ts";
import type { Finding } from "./finding.ts";
import { percent } from "./number-words.ts";

/**
 * Below this recall, more than a fifth of the relevant documents are out of reach: more than rerankers usually
 * gain by reordering.
 */
const lowPoolRecall = 0.8;

/** Too few of the relevant documents reach the reranker. */
export function findLowRecall(diagnosis: DiagnosisCase): Finding[] {
  const pool = candidatePool(diagnosis);
  const recall = poolRecall(pool, diagnosis);
  if (recall === undefined || recall >= lowPoolRecall) return [];
  return [
    {
      code: "first-stage-recall",
      severity: "warning",
      message:
        `The first stage finds ${percent(recall)} of the relevant documents among up to ${pool.depth} candidates. ` +
        `The other ${percent(1 - recall)} never reach the reranker, so reranking cannot recover them.`,
      remedy:
        "Improve the first stage before the second: combine lexical and vector search (HybridRetriever), " +
        "raise candidateCount, split passages differently, or use a stronger embedding model.",
      figures: { recall, depth: pool.depth, threshold: lowPoolRecall },
    },
  ];
}
