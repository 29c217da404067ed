import { averagePrecision } from "../../../src/evaluation/measures/average-precision.ts";
import { judged } from "../../../src/evaluation/measures/judged.ts";
import { nDCG } from "../../../src/evaluation/measures/ndcg.ts";
import { precision } from "../../../src/evaluation/measures/precision.ts";
import { recall } from "../../../src/evaluation/measures/recall.ts";
import { reciprocalRank } from "../../../src/evaluation/measures/reciprocal-rank.ts";
import { success } from "../../../src/evaluation/measures/success.ts";

const second = { relevanceLevel: 2 };

/** Each measure in all its forms; the golden file has values for every one. */
export const measures = [
  nDCG(),
  nDCG(1),
  nDCG(3),
  nDCG(10),
  reciprocalRank(),
  reciprocalRank(Infinity, second),
  reciprocalRank(3),
  reciprocalRank(10),
  reciprocalRank(10, second),
  averagePrecision(),
  averagePrecision(Infinity, second),
  averagePrecision(3),
  averagePrecision(10, second),
  precision(1),
  precision(3),
  precision(3, second),
  precision(20),
  recall(1),
  recall(5),
  recall(5, second),
  recall(10),
  success(1),
  success(3, second),
  success(10),
  judged(),
  judged(3),
  judged(10),
];
