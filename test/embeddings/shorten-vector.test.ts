import { describe, expect, test } from "vitest";
import { shortenVector } from "../../src/embeddings/shorten-vector.ts";
import { largestDifference } from "./vectors.ts";

const unit = Float32Array.of(3 / 85, 4 / 85, 12 / 85, 84 / 85);
const long = unit.map((value) => value * 85);

describe("shortenVector", () => {
  test("keeps the leading components; those of a vector of length 1 have length 1 again", () => {
    const short = shortenVector(unit, { isCentered: false, dimensions: 2 });
    expect(largestDifference([0.6, 0.8], [...short])).toBeLessThan(1e-6);
    const [...components] = shortenVector(long, { isCentered: false, dimensions: 2 });
    expect(largestDifference([3, 4], components)).toBeLessThan(1e-5);
  });

  test("leaves a vector of full length as it is", () => {
    expect(shortenVector(unit, { isCentered: true, dimensions: 4 })).toBe(unit);
  });

  test("subtracts the mean of all components if the model was trained so", () => {
    // torch.nn.functional.layer_norm of the vector, its first two components, normalised.
    const short = shortenVector(unit, { isCentered: true, dimensions: 2 });
    expect(largestDifference([-0.7228, -0.691], [...short])).toBeLessThan(1e-4);
  });

  test("leaves a zero vector, which has no direction", () => {
    const zeros = shortenVector(new Float32Array(4), { isCentered: false, dimensions: 2 });
    expect([...zeros]).toEqual([0, 0]);
  });

  test("refuses more dimensions than there are", () => {
    expect(() => shortenVector(unit, { isCentered: false, dimensions: 5 })).toThrow(
      "Expected `dimensions` to be at most 4, the dimensions of this model, got 5.",
    );
  });
});
