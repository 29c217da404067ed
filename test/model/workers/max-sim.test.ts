import * as fc from "fast-check";
import { expect, test } from "vitest";
import { MaxSim } from "../../../src/model/workers/max-sim.ts";

const maxSim = new MaxSim();
const numbers = fc.integer({ min: -127, max: 127 });

function dot(a: number[], b: number[]): number {
  return a.reduce((sum, each, i) => sum + each * (b[i] ?? 0), 0);
}

/** The definition, word for word. */
function naive(query: number[][], passages: number[][][]): number[] {
  return passages.map((vectors) =>
    vectors.length === 0
      ? 0
      : query.reduce((sum, q) => sum + Math.max(...vectors.map((vector) => dot(q, vector))), 0),
  );
}

const endsOf = (passages: number[][][]): Int32Array<ArrayBuffer> => {
  let end = 0;
  return Int32Array.from(passages, ({ length }) => (end += length));
};

test("a score is the sum of the best dot products, for floats and for scaled bytes", async () => {
  const cases = fc.integer({ min: 1, max: 9 }).chain((width) => {
    const vector = fc.array(numbers, { minLength: width, maxLength: width });
    const passages = fc.array(fc.array(vector, { maxLength: 5 }), { maxLength: 6 });
    return fc.tuple(fc.constant(width), fc.array(vector, { maxLength: 4 }), passages);
  });
  await fc.assert(
    fc.asyncProperty(cases, async ([width, vectors, passages]) => {
      const query = Float32Array.from(vectors.flat());
      const ends = endsOf(passages);
      const values = passages.flat(2);
      const floats = { buffer: Float32Array.from(values).buffer };
      const expected = naive(vectors, passages);
      expect([...(await maxSim.score({ query, width, passages: floats, ends }))]).toEqual(
        query.length === 0 ? passages.map(() => 0) : expected.map((each) => each + 0),
      );
      const scales = new Float32Array(values.length / width).fill(0.5);
      const bytes = { buffer: Int8Array.from(values).buffer, scales };
      const halves = await maxSim.score({ query, width, passages: bytes, ends });
      expect([...halves]).toEqual(
        query.length === 0 ? passages.map(() => 0) : expected.map((each) => each / 2 + 0),
      );
    }),
    { numRuns: 50 },
  );
});

test("a vector that is not finite gives a score that is not finite", async () => {
  const values = Float32Array.of(Number.NaN, 1, 2, 3);
  const [score] = await maxSim.score({
    query: Float32Array.of(1, 1),
    width: 2,
    passages: { buffer: values.buffer },
    ends: Int32Array.of(2),
  });
  expect(score).toBeNaN();
});
