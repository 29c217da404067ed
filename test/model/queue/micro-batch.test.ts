import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { takeMicroBatch, type Row } from "../../../src/model/queue/micro-batch.ts";

interface NamedRow extends Row {
  readonly name: string;
}

function rowOf(length: number, name = `${length}`, isSecondTry = false): NamedRow {
  const ids = new Int32Array(length);
  return {
    name,
    packed: {
      ids,
      segments: new Uint8Array(length),
      truncatedTokens: 0,
      promptTokens: 0,
      hiddenTokens: 0,
    },
    isSecondTry,
  };
}

const namesOf = (rows: readonly NamedRow[]): string[] => rows.map(({ name }) => name);
const together = { tokenBudget: 1024, rowsPerRun: 64, maxRows: 64 };
const oneByOne = { tokenBudget: 256, rowsPerRun: 1, maxRows: 64 };

describe("takeMicroBatch", () => {
  test("takes every row once, within budget, number and likeness, and the first one first", () => {
    const lengths = fc.array(fc.array(fc.integer({ min: 1, max: 600 }), { maxLength: 20 }), {
      maxLength: 6,
    });
    fc.assert(
      fc.property(lengths, fc.integer({ min: 1, max: 16 }), (queues, rowsPerRun) => {
        const waiting = queues.map((queue, call) =>
          queue.map((length, place) => rowOf(length, `${call}/${place}`)),
        );
        const all = waiting.flat();
        const taken: NamedRow[] = [];
        for (;;) {
          const first = waiting.flat()[0];
          const batch = takeMicroBatch(waiting, { tokenBudget: 1024, rowsPerRun, maxRows: 9 });
          if (batch.length === 0) break;
          expect(batch[0]).toBe(first);
          const sizes = batch.map(({ packed }) => packed.ids.length);
          const tokens =
            rowsPerRun === 1
              ? sizes.reduce((sum, size) => sum + size, 0)
              : batch.length * Math.max(...sizes);
          expect(batch.length === 1 || tokens <= 1024).toBe(true);
          expect(batch.length).toBeLessThanOrEqual(rowsPerRun === 1 ? 9 : Math.min(9, rowsPerRun));
          // Each is within a quarter of the first, so two differ by (4/3)² at most.
          expect(rowsPerRun === 1 || Math.min(...sizes) * 16 >= Math.max(...sizes) * 9).toBe(true);
          taken.push(...batch);
        }
        expect(namesOf(taken).toSorted()).toEqual(namesOf(all).toSorted());
      }),
    );
  });

  test("takes from each queue in turn, in its order, if rows run alone", () => {
    const queues = [
      [rowOf(10, "a1"), rowOf(90, "a2"), rowOf(10, "a3")],
      [rowOf(70, "b1"), rowOf(10, "b2")],
    ];
    expect(namesOf(takeMicroBatch(queues, oneByOne))).toEqual(["a1", "b1", "a2", "b2", "a3"]);
  });

  test("brings rows of similar length together from all queues if they run at once", () => {
    const queues = [
      [rowOf(100, "a1"), rowOf(10, "a2"), rowOf(110, "a3")],
      [rowOf(20, "b1"), rowOf(90, "b2")],
    ];
    expect(namesOf(takeMicroBatch(queues, together))).toEqual(["a1", "b2", "a3"]);
    expect(namesOf(takeMicroBatch(queues, together))).toEqual(["a2"]);
    expect(namesOf(takeMicroBatch(queues, together))).toEqual(["b1"]);
  });

  test.each([together, oneByOne])(
    "lets a row with which a worker failed go alone: %o",
    (limits) => {
      const queues = [
        [rowOf(10, "a1", true), rowOf(10, "a2")],
        [rowOf(10, "b1", true), rowOf(10, "b2")],
      ];
      expect(namesOf(takeMicroBatch(queues, limits))).toEqual(["a1"]);
      expect(namesOf(takeMicroBatch(queues, limits))).toContain("a2");
    },
  );

  test("lets a row that is longer than the budget go by itself", () => {
    const queues = [[rowOf(5000, "long"), rowOf(5000, "longer")]];
    expect(namesOf(takeMicroBatch(queues, together))).toEqual(["long"]);
    expect(namesOf(takeMicroBatch(queues, oneByOne))).toEqual(["longer"]);
  });
});
