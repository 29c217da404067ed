import { dot, type LossAt } from "./listwise-loss.ts";

const maxSteps = 50;
const smallestStep = 1e-10;

/**
 * Finds the minimum of a strictly convex function by Newton's method with backtracking.
 *
 * @see Boyd and Vandenberghe, Convex Optimization (2004), section 9.5
 */
export function minimize(
  lossAt: (weights: readonly number[]) => LossAt,
  start: readonly number[],
): number[] {
  let weights = [...start];
  let here = lossAt(weights);
  for (let count = 0; count < maxSteps; count += 1) {
    const { loss, gradient, hessian } = here;
    const direction = solve(
      hessian,
      gradient.map((slope) => -slope),
    );
    const decrement = -dot(gradient, direction);
    // Further changes of the loss are rounding errors.
    if (decrement < 1e-14 * (1 + loss)) return moved(weights, direction, 1);
    let step = 1;
    let next = moved(weights, direction, step);
    let there = lossAt(next);
    while (there.loss > loss - 1e-4 * step * decrement && step >= smallestStep) {
      step /= 2;
      next = moved(weights, direction, step);
      there = lossAt(next);
    }
    [weights, here] = [next, there];
  }
  return weights;
}

function moved(from: readonly number[], direction: readonly number[], step: number): number[] {
  return from.map((value, index) => value + step * (direction[index] ?? 0));
}

/** Solves a symmetric positive definite system by its Cholesky factors. */
function solve(matrix: readonly (readonly number[])[], right: readonly number[]): number[] {
  const factor: number[][] = [];
  for (const [a, row] of matrix.entries()) {
    const own: number[] = [];
    for (let b = 0; b <= a; b += 1) {
      const other = b === a ? own : (factor[b] ?? []);
      const rest = (row[b] ?? 0) - dot(own.slice(0, b), other.slice(0, b));
      own.push(b === a ? Math.sqrt(rest) : rest / (other[b] ?? 1));
    }
    factor.push(own);
  }
  const middle: number[] = [];
  for (const [a, own] of factor.entries()) {
    middle.push(((right[a] ?? 0) - dot(middle, own.slice(0, a))) / (own[a] ?? 1));
  }
  const solution = Array.from(middle, () => 0);
  for (let a = middle.length - 1; a >= 0; a -= 1) {
    let rest = middle[a] ?? 0;
    for (let b = a + 1; b < middle.length; b += 1) {
      rest -= (factor[b]?.[a] ?? 0) * (solution[b] ?? 0);
    }
    solution[a] = rest / (factor[a]?.[a] ?? 1);
  }
  return solution;
}
