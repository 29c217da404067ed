/**
 * Whether `fixed + per token` predicts the time of the points of a sweep: the line is fitted from pairs of
 * 16 to 256 tokens, then passages of the sample documents are scored at every depth.
 *
 *     npm run build
 *     node test/bench/cost-model.mjs
 */
import { measureCost } from "../../dist/cross-encoder/measure-cost.js";
import {
  expectedMilliseconds,
  OnnxCrossEncoder,
  loadFolder,
  splitPassages,
} from "../../dist/index.js";
import { loadTokenizer } from "../../dist/model/tokens/tokenizer.js";
import { median } from "./generated-passages.mjs";

const { documents } = await loadFolder("sample_documents");
const passages = await splitPassages(documents);
const query = "how is memory saved";
const encode = await loadTokenizer("models/rerank-minilm-l6/tokenizer.json");
const tokensOf = (text) => encode(query).length + encode(text).length + 3;

console.log("| model | candidates | tokens a pair | foretold ms | took ms | ratio |");
console.log("| --- | ---: | ---: | ---: | ---: | ---: |");
for (const model of ["rerank-minilm-l6", "rerank-minilm-l3"]) {
  const speed = await measureCost({ model, device: "cpu" });
  const scorer = new OnnxCrossEncoder({ model, device: "cpu", cache: false });
  await scorer.score(
    "warm up",
    passages.slice(0, 100).map(({ pageContent }) => pageContent),
  );
  for (const depth of [10, 20, 30, 50, 75, 100]) {
    const rounds = [];
    const tokens = [];
    for (let round = 0; round < 5; round++) {
      const texts = Array.from(
        { length: depth },
        (_text, place) => passages[(round * 37 + place * 3) % passages.length].pageContent,
      );
      tokens.push(texts.reduce((sum, text) => sum + tokensOf(text), 0) / depth);
      const startedAt = performance.now();
      await scorer.score(query, texts);
      rounds.push(performance.now() - startedAt);
    }
    const foretold = expectedMilliseconds(speed, { pairs: depth, tokens: median(tokens) });
    const took = median(rounds);
    console.log(
      `| ${model} | ${depth} | ${median(tokens).toFixed(0)} | ${foretold.toFixed(0)} | ${took.toFixed(0)} | ${(foretold / took).toFixed(2)} |`,
    );
  }
  await scorer.dispose();
}
