import { fitFusion, judgementsFrom } from "../../dist/evaluation/index.js";

/** A number in 0..1 by whole-number arithmetic alone. */
function noise(...parts) {
  let hash = 7;
  for (const part of parts) hash = (Math.imul(hash ^ part, 0x45d9f3b) ^ (hash >>> 13)) >>> 0;
  return hash / 2 ** 32;
}

/** A fusion that is fitted on planted evidence: rerank knows most, BM25 something, the bi-encoder nothing. */
export function plantedFusion() {
  const grades = {};
  const pools = new Map();
  const queries = new Map();
  for (let query = 0; query < 40; query += 1) {
    const documents = Array.from({ length: 12 }, (_, index) => {
      const grade = noise(1, query, index) < 0.2 ? 1 : 0;
      (grades[`q${query}`] ??= {})[`d${index}`] = grade;
      return {
        id: `d${index}`,
        firstScore: -index,
        dense: { rank: index + 1, score: noise(2, query, index) },
        lexical: { rank: 12 - index, score: grade + 2 * noise(3, query, index) },
        rawScore: grade + noise(4, query, index),
        relevance: 0.5,
        characters: 100,
        truncatedTokens: 0,
      };
    });
    queries.set(`q${query}`, `question ${query}`);
    pools.set(`q${query}`, { documents, stages: new Map(), firstStageMs: 1, rerankMs: 1 });
  }
  return fitFusion({
    pools: {
      queries,
      depth: 12,
      pools,
      failures: new Map(),
      scorer: { name: "planted", scale: "unbounded" },
      embeddings: [],
      prefixes: { checked: 0, differing: 0 },
    },
    judgements: judgementsFrom(grades),
    resamples: 20,
  });
}
