/** The candidates of one query: a row of standardised features each, and the share of the relevance. */
export interface JudgedList {
  readonly rows: readonly (readonly number[])[];
  /** Grade divided by the sum of the grades; at least one is above 0. */
  readonly targets: readonly number[];
}

/** A loss with its first and second derivatives. */
export interface LossAt {
  readonly loss: number;
  readonly gradient: number[];
  readonly hessian: number[][];
}

/**
 * The ListNet loss with an L2 penalty: the mean over the lists of the cross entropy between the targets and the
 * softmax of the scores, plus `penalty / 2` times the squared length of the weights. It is convex, because the
 * scores are linear in the weights. `counts` says how often each list counts.
 *
 * @see Cao, Qin, Liu, Tsai and Li (ICML 2007), https://doi.org/10.1145/1273496.1273513
 */
export function listwiseLoss(
  lists: readonly JudgedList[],
  weights: readonly number[],
  { penalty, counts }: { readonly penalty: number; readonly counts?: readonly number[] },
): LossAt {
  const width = weights.length;
  const total = counts === undefined ? lists.length : counts.reduce((sum, count) => sum + count, 0);
  let loss = 0;
  const gradient = new Float64Array(width);
  const hessian = new Float64Array(width * width);
  const mean = new Float64Array(width);
  for (const [index, { rows, targets }] of lists.entries()) {
    const share = (counts?.[index] ?? 1) / total;
    if (share === 0) continue;
    const scores = rows.map((row) => dot(row, weights));
    const highest = scores.reduce((most, score) => Math.max(most, score), -Infinity);
    const exponentials = scores.map((score) => Math.exp(score - highest));
    const sum = exponentials.reduce((all, each) => all + each, 0);
    const logSum = highest + Math.log(sum);
    mean.fill(0);
    for (const [place, row] of rows.entries()) {
      const probability = (exponentials[place] ?? 0) / sum;
      const target = targets[place] ?? 0;
      loss += share * target * (logSum - (scores[place] ?? 0));
      for (let a = 0; a < width; a += 1) {
        const value = row[a] ?? 0;
        mean[a] = (mean[a] ?? 0) + probability * value;
        gradient[a] = (gradient[a] ?? 0) + share * (probability - target) * value;
        const scaled = share * probability * value;
        for (let b = 0; b <= a; b += 1) {
          hessian[a * width + b] = (hessian[a * width + b] ?? 0) + scaled * (row[b] ?? 0);
        }
      }
    }
    for (let a = 0; a < width; a += 1) {
      for (let b = 0; b <= a; b += 1) {
        hessian[a * width + b] =
          (hessian[a * width + b] ?? 0) - share * (mean[a] ?? 0) * (mean[b] ?? 0);
      }
    }
  }
  return {
    loss: loss + (penalty / 2) * dot(weights, weights),
    gradient: Array.from(gradient, (slope, index) => slope + penalty * (weights[index] ?? 0)),
    hessian: weights.map((_, a) =>
      weights.map((_each, b) => {
        const [row, column] = a < b ? [b, a] : [a, b];
        return (hessian[row * width + column] ?? 0) + (a === b ? penalty : 0);
      }),
    ),
  };
}

export function dot(one: readonly number[], other: readonly number[]): number {
  let sum = 0;
  for (const [index, value] of one.entries()) sum += value * (other[index] ?? 0);
  return sum;
}
