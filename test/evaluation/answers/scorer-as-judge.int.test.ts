import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { evaluateAnswers, judgementsFrom } from "../../../src/evaluation/index.ts";
import { OnnxCrossEncoder } from "../../../src/index.ts";
import { chainOf, passage, recorded } from "./recorded.ts";

type Label = "supported" | "unsupported" | "contradicted";

const path = join(import.meta.dirname, "../../fixtures/claims.json");
const rows: readonly Readonly<Record<"passage" | Label, string>>[] = JSON.parse(
  readFileSync(path, "utf8"),
);
const scorer = new OnnxCrossEncoder({ model: "rerank-minilm-l6" });
afterAll(() => scorer.dispose());

/** How many of the 22 claims with a label the scorer calls supported. */
async function supportedOf(label: Label, shift = 0): Promise<number> {
  const answers = rows.map((row, index) => {
    const { passage: text } = rows[(index + shift) % rows.length] ?? row;
    return [
      String(index),
      recorded(row[label].replace(/\.$/, " [1]."), [passage("a", text)]),
    ] as const;
  });
  const { claims } = await evaluateAnswers({
    chain: chainOf(Object.fromEntries(answers)),
    questions: new Map(answers.map(([id]) => [id, id])),
    judgements: judgementsFrom(Object.fromEntries(answers.map(([id]) => [id, { a: 1 }]))),
    judge: { scorer },
  });
  expect(claims).toMatchObject({ claims: rows.length, uncited: 0, unjudged: 0 });
  return claims?.supported ?? 0;
}

// The figures in test/bench/RESULTS.md are these, of 22 each.
describe("rerank-minilm-l6 as a judge of claims", () => {
  test("supports what a passage says, and nothing that it does not touch", async () => {
    expect(await supportedOf("supported")).toBe(22);
    expect(await supportedOf("supported", 11)).toBe(0);
  });

  test("supports a part of what a passage on the same subject does not say", async () => {
    const wrong = await supportedOf("unsupported");
    expect(wrong).toBeGreaterThanOrEqual(7);
    expect(wrong).toBeLessThanOrEqual(11);
  });

  test("takes contradictions for support", async () => {
    expect(await supportedOf("contradicted")).toBe(22);
  });
});
