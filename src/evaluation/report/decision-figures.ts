import type { ChosenSettings, RerankSettings } from "../gate/configuration.ts";
import { readConfiguration } from "../gate/saved-configuration.ts";
import type { ReportDecision, ReportSettings } from "./report-data.ts";

/**
 * The figures of a decision.
 *
 * @throws RetrievalError `invalid-input` if it is not a configuration.
 */
export function decisionFigures(configuration: unknown): ReportDecision {
  const { decision, reason, rerank, model, measure, queries, evidence } =
    readConfiguration(configuration);
  return {
    decision,
    reason,
    rerank: rerank ? settingsFigures(rerank) : null,
    model: model?.name ?? null,
    measure,
    queries,
    evidence: evidence
      ? {
          ...evidence,
          folds: evidence.folds.map(({ queries: held, settings, heldOutMean, firstStageMean }) => ({
            queries: held,
            settings: settingsFigures(settings),
            heldOutMean,
            firstStageMean,
          })),
        }
      : null,
  };
}

function settingsFigures(settings: RerankSettings): ReportSettings;
function settingsFigures(settings: ChosenSettings): ReportSettings | null;
function settingsFigures({
  candidateCount,
  blend,
  scoreThreshold,
}: ChosenSettings | RerankSettings): ReportSettings | null {
  if (candidateCount === undefined) return null;
  const weight = typeof blend === "number" ? blend : "fitted";
  return { candidateCount, blend: weight, scoreThreshold: scoreThreshold ?? null };
}
