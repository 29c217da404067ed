export { evaluate, type Evaluation } from "./evaluate.ts";
export type { Grades, Judgements } from "./judgements.ts";
export type { Measure } from "./measure.ts";
export { nDCG } from "./ndcg.ts";
export { recall } from "./recall.ts";
export type { Run, RunEntry } from "./run.ts";
