import { requireNumber } from "../../errors.ts";
import type { JudgedScore, ProbabilityCurve } from "./probability-curve.ts";

/** The corners of a curve: ascending scores, and the probability at each, which never falls. */
export interface IsotonicRegression {
  readonly scores: readonly number[];
  readonly probabilities: readonly number[];
}

/** Neighbouring scores with the same probability: the share of relevant samples among them. */
interface Block {
  readonly first: number;
  readonly last: number;
  readonly relevant: number;
  readonly total: number;
}

/**
 * Fits the rising step function nearest to the samples, by pooling adjacent violators; samples of equal score
 * are pooled first. A plateau is stored by its two ends, and the curve is linear between plateaus, as in
 * scikit-learn's `IsotonicRegression`.
 *
 * @see Ayer and others (Annals of Mathematical Statistics 1955), https://doi.org/10.1214/aoms/1177728423
 * @see Zadrozny and Elkan (KDD 2002), https://doi.org/10.1145/775047.775151
 */
export function fitIsotonicRegression(samples: readonly JudgedScore[]): IsotonicRegression {
  const blocks: Block[] = [];
  for (const group of groupsOf(samples)) {
    let block = group;
    for (
      let before = blocks.at(-1);
      before !== undefined && !isBelow(before, block);
      before = blocks.at(-1)
    ) {
      block = joined(before, block);
      blocks.pop();
    }
    blocks.push(block);
  }
  const corners = blocks.flatMap(({ first, last, relevant, total }) =>
    [...new Set([first, last])].map((score) => ({ score, probability: relevant / total })),
  );
  return {
    scores: corners.map(({ score }) => score),
    probabilities: corners.map(({ probability }) => probability),
  };
}

/** The curve through the corners: linear between them, constant beyond the first and the last. */
export function isotonicCurve({ scores, probabilities }: IsotonicRegression): ProbabilityCurve {
  return {
    probabilityOf: (score) => along(scores, probabilities, score),
    thresholdFor: (probability) => {
      requireNumber("probability", probability, 0, 1);
      if (probability <= (probabilities[0] ?? 0)) return -Infinity;
      if (probability > (probabilities.at(-1) ?? 1)) return Infinity;
      return along(probabilities, scores, probability);
    },
  };
}

/** One block for each score, lowest first. */
function groupsOf(samples: readonly JudgedScore[]): Block[] {
  const groups: Block[] = [];
  for (const { score, isRelevant } of samples.toSorted((a, b) => a.score - b.score)) {
    const one = { first: score, last: score, relevant: Number(isRelevant), total: 1 };
    const before = groups.at(-1);
    if (before?.last === score) groups.splice(-1, 1, joined(before, one));
    else groups.push(one);
  }
  return groups;
}

/** Compares shares in whole numbers, so that equal shares compare as equal. */
function isBelow(a: Block, b: Block): boolean {
  return a.relevant * b.total < b.relevant * a.total;
}

function joined(a: Block, b: Block): Block {
  return {
    first: a.first,
    last: b.last,
    relevant: a.relevant + b.relevant,
    total: a.total + b.total,
  };
}

/** The height at `x` of the line through the corners; the lowest one if the line is vertical there. */
function along(xs: readonly number[], heights: readonly number[], x: number): number {
  let [low, high] = [0, xs.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((xs[middle] ?? Infinity) < x) low = middle + 1;
    else high = middle;
  }
  // Here, `low` is the first corner not left of `x`, or the last corner.
  const [x0, x1] = [xs[low - 1] ?? x, xs[low] ?? x];
  const [y0, y1] = [heights[low - 1] ?? heights[low] ?? 0, heights[low] ?? 0];
  if (x >= x1 || x <= x0) return y1;
  return Math.min(y1, y0 + ((x - x0) / (x1 - x0)) * (y1 - y0));
}
