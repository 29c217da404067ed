import { median, standardDeviation } from "simple-statistics";
import { requireNumber } from "../../errors.ts";
import { sigmoid } from "../../ranking/relevance.ts";
import type { JudgedScore, ProbabilityCurve } from "./probability-curve.ts";

/** The probability at a score is `sigmoid(slope * score + intercept)`. */
export interface PlattScaling {
  readonly slope: number;
  readonly intercept: number;
}

/** A standardised score, and the probability to fit. */
interface Target {
  readonly score: number;
  readonly probability: number;
}

const maxSteps = 100;
const smallestStep = 1e-10;

/**
 * Fits the sigmoid of maximum likelihood. The targets are `(relevant + 1) / (relevant + 2)` and
 * `1 / (others + 2)` instead of 1 and 0, so that separable samples have a solution, too. Uses Newton's method
 * with backtracking. The slope is 0 if all scores are equal, and negative if relevant samples score lower.
 *
 * @see Platt, "Probabilistic Outputs for Support Vector Machines", in: Advances in Large Margin Classifiers
 * (1999)
 * @see Lin, Lin and Weng (Machine Learning 2007), https://doi.org/10.1007/s10994-007-5018-6
 */
export function fitPlattScaling(samples: readonly JudgedScore[]): PlattScaling {
  const relevant = samples.filter(({ isRelevant }) => isRelevant).length;
  const others = samples.length - relevant;
  const scores = samples.map(({ score }) => score);
  // Standardises the scores, so that neither large nor distant scores make the problem ill-conditioned. Unlike
  // the mean, the median is exact if all scores are equal.
  const centre = median(scores);
  const spread = standardDeviation(scores) || 1;
  const targets = samples.map(({ score, isRelevant }) => ({
    score: (score - centre) / spread,
    probability: isRelevant ? (relevant + 1) / (relevant + 2) : 1 / (others + 2),
  }));
  const start = { slope: 0, intercept: Math.log((relevant + 1) / (others + 1)) };
  const { slope, intercept } = climb(targets, start);
  return { slope: slope / spread, intercept: intercept - (slope * centre) / spread };
}

/** The fitted sigmoid as a curve; `slope` must be above 0. */
export function plattCurve({ slope, intercept }: PlattScaling): ProbabilityCurve {
  return {
    probabilityOf: (score) => sigmoid(slope * score + intercept),
    thresholdFor: (probability) => {
      requireNumber("probability", probability, 0, 1);
      return (Math.log(probability / (1 - probability)) - intercept) / slope;
    },
  };
}

function climb(targets: readonly Target[], start: PlattScaling): PlattScaling {
  let fit = start;
  for (let count = 0; count < maxSteps; count += 1) {
    const { direction, decrement } = newtonStep(targets, fit);
    const loss = lossOf(targets, fit);
    // So close to the minimum that further changes of the loss are rounding errors; a full Newton step squares
    // the distance.
    if (decrement < 1e-11 * loss) return moved(fit, direction, 1);
    let step = 1;
    let next = moved(fit, direction, step);
    while (lossOf(targets, next) > loss - 1e-4 * step * decrement && step >= smallestStep) {
      step /= 2;
      next = moved(fit, direction, step);
    }
    fit = next;
  }
  return fit;
}

/** Newton's direction from here, and the initial rate at which the loss falls in that direction. */
function newtonStep(
  targets: readonly Target[],
  fit: PlattScaling,
): { readonly direction: PlattScaling; readonly decrement: number } {
  let [bySlope, byIntercept] = [0, 0];
  // The small numbers keep the Hessian invertible.
  let [slopeTwice, both, interceptTwice] = [1e-12, 0, 1e-12];
  for (const { score, probability } of targets) {
    const predicted = sigmoid(fit.slope * score + fit.intercept);
    const curvature = predicted * (1 - predicted);
    bySlope += (predicted - probability) * score;
    byIntercept += predicted - probability;
    slopeTwice += curvature * score * score;
    both += curvature * score;
    interceptTwice += curvature;
  }
  const determinant = slopeTwice * interceptTwice - both * both;
  const direction = {
    slope: (both * byIntercept - interceptTwice * bySlope) / determinant,
    intercept: (both * bySlope - slopeTwice * byIntercept) / determinant,
  };
  const decrement = -(bySlope * direction.slope + byIntercept * direction.intercept);
  return { direction, decrement };
}

/** The negative log likelihood, in a form that does not overflow. */
function lossOf(targets: readonly Target[], { slope, intercept }: PlattScaling): number {
  return targets.reduce((loss, { score, probability }) => {
    const logit = slope * score + intercept;
    return loss + Math.log1p(Math.exp(-Math.abs(logit))) + Math.max(logit, 0) - probability * logit;
  }, 0);
}

function moved(from: PlattScaling, direction: PlattScaling, step: number): PlattScaling {
  return {
    slope: from.slope + step * direction.slope,
    intercept: from.intercept + step * direction.intercept,
  };
}
