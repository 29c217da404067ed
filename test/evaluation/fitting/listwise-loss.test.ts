import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  dot,
  type JudgedList,
  listwiseLoss,
} from "../../../src/evaluation/fitting/listwise-loss.ts";
import { minimize } from "../../../src/evaluation/fitting/minimize.ts";

const value = fc.double({ min: -3, max: 3, noNaN: true });
const row = fc.array(value, { minLength: 3, maxLength: 3 });
const list = fc
  .array(fc.record({ row, grade: fc.nat(3) }), { minLength: 1, maxLength: 8 })
  .map((candidates): JudgedList => {
    const sum = candidates.reduce((total, { grade }) => total + grade, 0);
    return {
      rows: candidates.map((each) => each.row),
      targets: candidates.map(({ grade }) => (sum === 0 ? 1 / candidates.length : grade / sum)),
    };
  });
const lists = fc.array(list, { minLength: 1, maxLength: 5 });

/** The derivative by each weight, from differences of the loss. */
function slopes(of: (weights: number[]) => number, at: readonly number[]): number[] {
  const step = 1e-5;
  return at.map((_, index) => {
    const moved = (by: number): number[] => at.map((each, own) => each + (own === index ? by : 0));
    return (of(moved(step)) - of(moved(-step))) / (2 * step);
  });
}

describe("listwiseLoss", () => {
  test("has the value of the definition on two candidates", () => {
    const two: JudgedList = { rows: [[1], [0]], targets: [1, 0] };
    const { loss } = listwiseLoss([two], [2], { penalty: 0.5 });
    expect(loss).toBeCloseTo(Math.log(1 + Math.exp(-2)) + 1, 12);
  });

  test("has the gradient and the Hessian of its finite differences, to 1e-6", () => {
    fc.assert(
      fc.property(lists, row, fc.double({ min: 0, max: 1, noNaN: true }), (some, at, penalty) => {
        const { gradient, hessian } = listwiseLoss(some, at, { penalty });
        const found = slopes((weights) => listwiseLoss(some, weights, { penalty }).loss, at);
        for (const [index, slope] of found.entries()) {
          expect(Math.abs(slope - (gradient[index] ?? Number.NaN))).toBeLessThan(1e-6);
          const curve = slopes(
            (weights) => listwiseLoss(some, weights, { penalty }).gradient[index] ?? 0,
            at,
          );
          for (const [other, bend] of curve.entries()) {
            expect(Math.abs(bend - (hessian[index]?.[other] ?? Number.NaN))).toBeLessThan(1e-6);
          }
        }
      }),
    );
  });

  test("counts a list as often as it is said to", () => {
    fc.assert(
      fc.property(list, list, row, (one, other, at) => {
        const counted = listwiseLoss([one, other], at, { penalty: 0.1, counts: [2, 1] });
        const repeated = listwiseLoss([one, one, other], at, { penalty: 0.1 });
        expect(counted.loss).toBeCloseTo(repeated.loss, 10);
        expect(dot(counted.gradient, [1, 1, 1])).toBeCloseTo(dot(repeated.gradient, [1, 1, 1]), 10);
      }),
    );
  });
});

test("minimize finds where the gradient is 0, from anywhere", () => {
  fc.assert(
    fc.property(lists, row, (some, start) => {
      const lossAt = (weights: readonly number[]) => listwiseLoss(some, weights, { penalty: 0.01 });
      const { gradient } = lossAt(minimize(lossAt, start));
      expect(Math.sqrt(dot(gradient, gradient))).toBeLessThan(1e-6);
    }),
  );
});
