export {
  loadBeir,
  type BeirCollection,
  type BeirDocument,
  type BeirQuery,
  type LoadBeirOptions,
} from "./data/beir-collection.ts";
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
export { evaluate, type Evaluation, type JudgedRun } from "./evaluate.ts";
export { averagePrecision } from "./measures/average-precision.ts";
export { judged } from "./measures/judged.ts";
export type { Measure, RelevanceOptions } from "./measures/measure.ts";
export { nDCG } from "./measures/ndcg.ts";
export { parseMeasure } from "./measures/parse-measure.ts";
export { precision } from "./measures/precision.ts";
export { recall } from "./measures/recall.ts";
export { reciprocalRank } from "./measures/reciprocal-rank.ts";
export { success } from "./measures/success.ts";
