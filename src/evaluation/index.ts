export type { Admission } from "./bake-off/admission.ts";
export type { Agreement } from "./bake-off/agreement.ts";
export { bakeOff, type BakeOffOptions } from "./bake-off/bake-off.ts";
export type { BakeOffResult, FrontEntry, RerankerComparison } from "./bake-off/bake-off-result.ts";
export {
  collectBakeOff,
  type BakeOffPools,
  type CollectBakeOffOptions,
} from "./bake-off/collect-bake-off.ts";
export type { BakeOffEntry, EntryOptions } from "./bake-off/entries.ts";
export type { BakeOffReranker } from "./bake-off/score-union.ts";
export type {
  FirstStageList,
  UnionDocument,
  UnionPool,
  UnionScores,
} from "./bake-off/union-pool.ts";
export type {
  AnswerEvaluation,
  AnswerShares,
  CitationMeans,
  EvaluatedAnswer,
} from "./answers/answer-evaluation.ts";
export type { AnswerKind } from "./answers/answer-kind.ts";
export type {
  AnsweringChain,
  ChainAnswer,
  ChainCitation,
  ChainTrace,
} from "./answers/answering-chain.ts";
export type { EvaluatedCitation, RelevantCounts } from "./answers/citation-measures.ts";
export { evaluateAnswers, type EvaluateAnswersOptions } from "./answers/evaluate-answers.ts";
export type { AnswerJudge, ModelJudge, ScorerJudge } from "./answers/judge.ts";
export type { ClaimSummary, ClaimVerdict, JudgedClaim } from "./answers/judge-claims.ts";
export type { Claim } from "./answers/claims.ts";
export type { AnswerTokens } from "./answers/token-count.ts";
export type {
  Baseline,
  BaselineOptions,
  BaselineQuestion,
  BaselineSystem,
} from "./baseline/baseline.ts";
export type {
  BaselineComparison,
  BaselineDrop,
  ChangedSetting,
  SystemChange,
} from "./baseline/baseline-comparison.ts";
export {
  compareToBaseline,
  type CompareToBaselineOptions,
} from "./baseline/compare-to-baseline.ts";
export { readBaseline, writeBaseline } from "./baseline/saved-baseline.ts";
export type {
  Calibration,
  CalibrationMethod,
  CalibrationRecord,
  CalibratedModel,
} from "./calibration/calibration.ts";
export type { ReplyKind } from "../chat-models/model-reply.ts";
export type { LanguageModel } from "../chat-models/language-model.ts";
export type { PairCost } from "../model/queue/row-cost.ts";
export type { Arithmetic } from "../ranking/arithmetic.ts";
export type { ModelUsage } from "../ranking/model-usage.ts";
export type { PairScorer } from "../ranking/pair-scorer.ts";
export type {
  FittedFusion,
  FusionContributions,
  FusionFeature,
  FusionWeight,
} from "../ranking/fitted-fusion.ts";
export type { ScoringModel } from "../ranking/scoring-model.ts";
export { fitCalibration, type CalibrationOptions } from "./calibration/fit-calibration.ts";
export type { JudgedScore } from "./calibration/probability-curve.ts";
export type { IsotonicRegression } from "./calibration/isotonic-regression.ts";
export type { PlattScaling } from "./calibration/platt-scaling.ts";
export { readCalibration } from "./calibration/read-calibration.ts";
export {
  measureReliability,
  type JudgedProbability,
  type Reliability,
  type ReliabilityBin,
  type ReliabilityOptions,
} from "./calibration/reliability.ts";
export {
  bootstrapInterval,
  type BootstrapOptions,
  type Interval,
} from "./comparison/bootstrap-interval.ts";
export {
  compareMeasure,
  type ComparisonOptions,
  type MeasureComparison,
} from "./comparison/compare-measure.ts";
export {
  compareChallengers,
  compareSystems,
  type CorrectedComparison,
} from "./comparison/compare-systems.ts";
export { loadBeir, type BeirCollection, type LoadBeirOptions } from "./data/beir-collection.ts";
export type { BeirDocument, BeirQuery } from "./data/beir-texts.ts";
export type { Grades, Judgements } from "./data/judgements.ts";
export {
  readJudgements,
  writeJudgements,
  type JudgementsFileOptions,
  type JudgementsFormat,
} from "./data/judgements-file.ts";
export { judgementsFrom, runFrom, type PlainResults } from "./data/plain-objects.ts";
export type { Run, RunEntry } from "./data/run.ts";
export {
  readRun,
  writeRun,
  type RunFileOptions,
  type RunFormat,
  type WriteRunOptions,
} from "./data/run-file.ts";
export { diagnose } from "./diagnosis/diagnose.ts";
export type { DiagnosisOptions } from "./diagnosis/diagnosis-case.ts";
export type { Finding, FindingCode, Severity } from "./diagnosis/finding.ts";
export type { Truncation } from "./diagnosis/truncation.ts";
export { evaluate, type Evaluation, type JudgedRun } from "./evaluate.ts";
export type { AskOptions, ExperimentProgress } from "./experiment/ask-queries.ts";
export { experiment, type ExperimentOptions } from "./experiment/experiment.ts";
export type {
  ExperimentResult,
  FoundDocument,
  Latency,
  QueryOutcome,
  SystemResult,
} from "./experiment/experiment-result.ts";
export type { IdOf } from "./experiment/found-documents.ts";
export type { InvokedSystem, SearchTrace, System, TracedSystem } from "./experiment/system.ts";
export { fitFusion, type FitFusionOptions } from "./fitting/fit-fusion.ts";
export { readFusion, writeFusion } from "./fitting/saved-fusion.ts";
export {
  chooseConfiguration,
  type ChooseConfigurationOptions,
} from "./gate/choose-configuration.ts";
export type {
  ChosenSettings,
  Configuration,
  FoldChoice,
  GateEvidence,
  RerankSettings,
} from "./gate/configuration.ts";
export { readConfiguration, writeConfiguration } from "./gate/saved-configuration.ts";
export {
  generateQuestions,
  type GeneratedQuestion,
  type GeneratedQuestions,
  type GenerateQuestionsOptions,
  type GenerationProgress,
} from "./generate-questions.ts";
export { averagePrecision } from "./measures/average-precision.ts";
export { judged } from "./measures/judged.ts";
export type { Measure, RelevanceOptions } from "./measures/measure.ts";
export { nDCG } from "./measures/ndcg.ts";
export { parseMeasure } from "./measures/parse-measure.ts";
export { precision } from "./measures/precision.ts";
export { recall } from "./measures/recall.ts";
export { reciprocalRank } from "./measures/reciprocal-rank.ts";
export { success } from "./measures/success.ts";
export type {
  ReportCase,
  ReportData,
  ReportDecision,
  ReportDifference,
  ReportFold,
  ReportMeasure,
  ReportPoint,
  ReportSettings,
  ReportShift,
  ReportSweep,
  ReportSystem,
} from "./report/report-data.ts";
export { renderBakeOff } from "./report/render-bake-off.ts";
export type {
  BakeOffReportData,
  BakeOffReportInput,
  ReportEntry,
  ReportFrontEntry,
  ReportRerankerComparison,
} from "./report/bake-off-data.ts";
export { renderReport } from "./report/render-report.ts";
export type { ReportFormat } from "./report/report-format.ts";
export type { ReportInput } from "./report/report-input.ts";
export { collectPools, type CollectPoolsOptions } from "./sweep/collect-pools.ts";
export type { JudgedPools } from "./sweep/measure-settings.ts";
export type { Pool, PoolDocument, PoolScorer, PrefixCheck, ScoredPools } from "./sweep/pool.ts";
export type { PoolingReranker, PoolingRetriever, PoolingTrace } from "./sweep/pooling-retriever.ts";
export type { GridOptions } from "./sweep/settings-grid.ts";
export { sweep, type SweepOptions } from "./sweep/sweep.ts";
export type { SweepPoint, SweepResult, SweepSettings, Timing } from "./sweep/sweep-result.ts";
