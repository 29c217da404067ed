// How well a cross-encoder stands in for a judge of claims: `node test/bench/claims.mjs`, after `npm run build`.
// Each passage of test/fixtures/claims.json has a claim that it supports, one on its subject that it does not make, and
// one that it contradicts. "off topic" pairs the supported claim with the passage 11 rows further on.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { OnnxCrossEncoder } from "../../dist/index.js";

const path = join(import.meta.dirname, "../fixtures/claims.json");
const rows = JSON.parse(readFileSync(path, "utf8"));
const sigmoid = (logit) => 1 / (1 + Math.exp(-logit));
const labels = ["unsupported", "contradicted", "off topic"];

for (const model of ["rerank-minilm-l6", "rerank-minilm-l3"]) {
  const scorer = new OnnxCrossEncoder({ model });
  const relevances = async (claimOf) => {
    const values = [];
    for (const [index, row] of rows.entries()) {
      const passage = rows[(index + (claimOf === "off topic" ? 11 : 0)) % rows.length].passage;
      const claim = row[claimOf === "off topic" ? "supported" : claimOf];
      const { scores } = await scorer.score(claim, [passage]);
      values.push(sigmoid(scores[0]));
    }
    return values;
  };
  const supported = await relevances("supported");
  const others = {};
  for (const label of labels) others[label] = await relevances(label);
  console.log(`\n${model}, ${rows.length} claims of each kind`);
  print("supported", supported, []);
  for (const label of labels) print(label, others[label], [auc(supported, others[label])]);
  const wrong = [...others.unsupported, ...others.contradicted];
  console.log(
    `AUC, supported against unsupported and contradicted: ${auc(supported, wrong).toFixed(3)}`,
  );
  for (const threshold of [0.1, 0.5, 0.9, 0.99, 0.999]) {
    console.log(
      `threshold ${threshold}: accuracy ${accuracy(supported, wrong, threshold).toFixed(3)}; ` +
        `called supported: ${["supported", ...labels]
          .map(
            (label) =>
              `${label} ${share(label === "supported" ? supported : others[label], threshold).toFixed(2)}`,
          )
          .join(", ")}`,
    );
  }
  const [best, at] = bestOf(supported, wrong);
  console.log(
    `best accuracy, threshold chosen on the same claims: ${best.toFixed(3)} at ${at.toFixed(4)}`,
  );
  await scorer.dispose();
}

function print(label, values, extra) {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (q) => sorted[Math.round(q * (sorted.length - 1))].toFixed(4);
  const more = extra.map((value) => `, AUC against supported ${value.toFixed(3)}`).join("");
  console.log(`${label}: relevance min ${at(0)}, median ${at(0.5)}, max ${at(1)}${more}`);
}

/** The probability that a supported claim scores above another one; ties count half. */
function auc(positive, negative) {
  let wins = 0;
  for (const a of positive) for (const b of negative) wins += a > b ? 1 : a === b ? 0.5 : 0;
  return wins / (positive.length * negative.length);
}

function share(values, threshold) {
  return values.filter((value) => value >= threshold).length / values.length;
}

function accuracy(positive, negative, threshold) {
  const right = share(positive, threshold) * positive.length;
  const rejected = (1 - share(negative, threshold)) * negative.length;
  return (right + rejected) / (positive.length + negative.length);
}

function bestOf(positive, negative) {
  return [...positive, ...negative]
    .map((threshold) => [accuracy(positive, negative, threshold), threshold])
    .toSorted((a, b) => b[0] - a[0])[0];
}
