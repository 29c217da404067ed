import { describe, expect, test } from "vitest";
import { shortenVector } from "../../src/embeddings/shorten-vector.ts";
import { largestDifference } from "./vectors.ts";

const vector = Float32Array.of(3, 4, 12, 84); // Its length is 85.
const plain = { isCentered: false, isNormalized: true };

describe("shortenVector", () => {
  test("keeps the leading components and gives them length 1", () => {
    const short = shortenVector(vector, { ...plain, dimensions: 2 });
    expect(largestDifference([0.6, 0.8], [...short])).toBeLessThan(1e-6);
  });

  test("leaves the length of a model without normalisation, and a vector of full length", () => {
    expect([...shortenVector(vector, { ...plain, dimensions: 2, isNormalized: false })]).toEqual([
      3, 4,
    ]);
    expect(shortenVector(vector, { ...plain, dimensions: 4 })).toBe(vector);
  });

  test("subtracts the mean of all components where the model was trained so, at any length", () => {
    // torch.nn.functional.layer_norm of [3, 4, 12, 84], the first two components, normalised.
    const expected = [-0.722812, -0.69104];
    for (const scale of [1, 1 / 85]) {
      const scaled = vector.map((value) => value * scale);
      const short = shortenVector(scaled, { isCentered: true, isNormalized: true, dimensions: 2 });
      expect(largestDifference(expected, [...short])).toBeLessThan(1e-5);
    }
  });

  test("leaves a zero vector, which has no direction", () => {
    const zeros = shortenVector(new Float32Array(4), { ...plain, dimensions: 2 });
    expect([...zeros]).toEqual([0, 0]);
  });

  test("refuses more dimensions than there are", () => {
    expect(() => shortenVector(vector, { ...plain, dimensions: 5 })).toThrow(
      "Expected `dimensions` to be at most 4, the dimensions of this model, got 5.",
    );
  });
});
