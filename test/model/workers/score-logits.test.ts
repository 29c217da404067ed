import { expect, test } from "vitest";
import { scoreLogits } from "../../../src/model/workers/score-logits.ts";

const answers = { kind: "logit-score", output: "scores", trueToken: 2, falseToken: 0 } as const;
/** Two rows of three tokens each, the second with one token of padding; a vocabulary of three. */
const dims = [2, 3, 3];
const counts = Int32Array.of(3, 2);
const values = [0, 0, 0, 0, 0, 0, 1, 9, 4, 0, 0, 0, 2, 9, 0.5, 7, 7, 8];
const halves: Readonly<Record<number, number>> = {
  0: 0,
  0.5: 0x38_00,
  1: 0x3c_00,
  2: 0x40_00,
  4: 0x44_00,
  7: 0x47_00,
  8: 0x48_00,
  9: 0x48_80,
};

test.each([
  ["float32", Float32Array.from(values)],
  ["float16", Uint16Array.from(values, (value) => halves[value] ?? 0)],
])("scores the last token of each row in %s", (type, data) => {
  const logits = { data, type, dims };
  expect(scoreLogits(logits, counts, answers)).toEqual({
    values: Float32Array.of(3, -1.5),
    ends: Int32Array.of(1, 2),
  });
  const one = { ...answers, falseToken: undefined };
  expect(scoreLogits(logits, counts, one).values).toEqual(Float32Array.of(4, 0.5));
});

test("refuses an answer outside the vocabulary, and what is not a number", () => {
  const logits = { data: Float32Array.from(values), type: "float32", dims };
  expect(() => scoreLogits(logits, counts, { ...answers, trueToken: 3 })).toThrow(
    "Expected token 3, whose logit is the score, in the vocabulary of the graph, got one of 3",
  );
  const other = { ...logits, data: new BigInt64Array(18), type: "int64" };
  expect(() => scoreLogits(other, counts, answers)).toThrow("Expected numbers from the graph");
});
