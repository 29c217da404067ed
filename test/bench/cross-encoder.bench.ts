import { afterAll, bench, describe } from "vitest";
import { OnnxCrossEncoder } from "../../src/cross-encoder/onnx-cross-encoder.ts";

/** One query and 100 passages, tokenising included; English words of about 1.3 tokens each. */
const words =
  "retrieval finds passages that answer a question while the reranker reads each of them".split(
    " ",
  );
const passagesOf = (tokens: number): string[] =>
  Array.from({ length: 100 }, (_, passage) =>
    Array.from(
      { length: Math.round(tokens * 0.8) },
      (_word, i) => words[(passage + i * 7) % words.length],
    ).join(" "),
  );

describe.each(["rerank-minilm-l6", "rerank-minilm-l3"])("%s, 100 pairs", (model) => {
  const scorer = new OnnxCrossEncoder({ model, device: "cpu" });
  afterAll(() => scorer.dispose());
  for (const tokens of [32, 128, 256]) {
    const passages = passagesOf(tokens);
    bench(
      `${tokens} tokens a passage`,
      async () => {
        await scorer.score("how does a reranker read passages", passages);
      },
      { iterations: 5, time: 0, warmupIterations: 1, warmupTime: 0 },
    );
  }
});
