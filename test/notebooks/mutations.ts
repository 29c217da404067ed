/** One line of the built package, and the fault to put in its place. */
export interface Mutation {
  readonly name: string;
  readonly file: string;
  readonly from: string;
  readonly to: string;
  /** The number of the only lab that uses this part of the package. */
  readonly lab?: string;
}

/** Faults of the built package that a lab has to notice. */
export const mutations: readonly Mutation[] = [
  {
    name: "order reversed",
    file: "ranking/scored.js",
    from: "b.score - a.score",
    to: "a.score - b.score",
  },
  {
    name: "reranking skipped",
    file: "retrieval/two-stage-retriever.js",
    from: "rerank = this.#options.rerank ?? true",
    to: "rerank = false",
  },
  {
    name: "reranked order dropped",
    file: "cross-encoder/cross-encoder-reranker.js",
    from: "return orderByScore(scores, stages)",
    to: "return Array.from(scores, (_score, index) => index)",
  },
  {
    name: "scores shuffled",
    file: "cross-encoder/onnx-cross-encoder.js",
    from: "(listen, over) => this.#watch(pairs, listen, over));",
    to: "(listen, over) => this.#watch(pairs, listen, over)).then((result) => ({ ...result, scores: result.scores.map((_score, index, all) => all[(index * 7 + 3) % all.length]) }));",
  },
  {
    name: "scores of the small reranker negated",
    file: "cross-encoder/onnx-cross-encoder.js",
    from: "(listen, over) => this.#watch(pairs, listen, over));",
    to: "(listen, over) => this.#watch(pairs, listen, over)).then((result) => this.name.endsWith('l3') ? { ...result, scores: result.scores.map((score) => -score) } : result);",
  },
  {
    name: "vectors of other texts",
    file: "embeddings/onnx-embeddings.js",
    from: "vectors[index] = shortenVector(",
    to: "vectors[texts.length - 1 - index] = shortenVector(",
  },
  {
    name: "BM25 prefers frequent words",
    file: "lexical/bm25-variants.js",
    from: "Math.log(1 + (N - df + 0.5) / (df + 0.5))",
    to: "-Math.log(1 + (N - df + 0.5) / (df + 0.5))",
  },
  {
    name: "reciprocal rank fusion prefers low ranks",
    file: "fusion/reciprocal-rank-fusion.js",
    from: "1 / (rankConstant + index + 1)",
    to: "rankConstant + index + 1",
  },
  {
    name: "nDCG without discount",
    file: "evaluation/measures/ndcg.js",
    from: "grade / Math.log2(index + 2)",
    to: "grade",
  },
  {
    name: "nDCG discounts from rank 2",
    file: "evaluation/measures/ndcg.js",
    from: "Math.log2(index + 2)",
    to: "Math.log2(index + 3)",
  },
  {
    name: "nDCG ignores grades",
    file: "evaluation/measures/ndcg.js",
    from: "grade / Math.log2(index + 2)",
    to: "1 / Math.log2(index + 2)",
  },
  {
    name: "paired differences negated",
    file: "evaluation/comparison/paired-differences.js",
    from: "valueOf(challenger, query) - valueOf(baseline, query)",
    to: "valueOf(baseline, query) - valueOf(challenger, query)",
  },
  {
    name: "gate ignores chance",
    file: "evaluation/gate/choose-configuration.js",
    from: "pValue <= level && ",
    to: "",
  },
  {
    name: "bake-off admits every reranker",
    file: "evaluation/bake-off/admission.js",
    from: "adjustedPValue <= resampling.level && ",
    to: "true || ",
    lab: "05",
  },
  {
    name: "bake-off pools in another order",
    file: "evaluation/bake-off/derived-pools.js",
    from: "list.indices.flatMap(",
    to: "list.indices.toReversed().flatMap(",
    lab: "05",
  },
  {
    name: "bake-off's front keeps what ranks worse",
    file: "evaluation/bake-off/cost.js",
    from: "mean <= highest + roundingError",
    to: "mean > highest + roundingError && highest > -Infinity",
    lab: "05",
  },
  {
    name: "citations of irrelevant passages are right",
    file: "evaluation/answers/citation-measures.js",
    from: "grade !== undefined && grade >= relevanceLevel",
    to: "grade !== undefined || relevanceLevel > 0",
    lab: "06",
  },
  {
    name: "every claim is supported",
    file: "evaluation/answers/judge.js",
    from: "best >= supportThreshold",
    to: "best >= 0",
    lab: "06",
  },
  {
    name: "refusals count as answers",
    file: "evaluation/answers/answer-kind.js",
    from: 'return "refused"; // Nothing relevant was found.',
    to: 'return "answered"; // Nothing relevant was found.',
    lab: "06",
  },
  {
    name: "late interaction takes the worst match",
    file: "model/workers/max-sim.js",
    from: "Math.max(most, ",
    to: "Math.min(most === -Infinity ? 1 : most, ",
    lab: "10",
  },
  {
    name: "token vectors stored for another text",
    file: "rerankers/store-vectors.js",
    from: 'text: missing[index] ?? ""',
    to: 'text: missing[missing.length - 1 - index] ?? ""',
    lab: "10",
  },
  {
    name: "yes and no swapped",
    file: "model/workers/score-logits.js",
    from: "return floatAt(logits, start + trueToken) - no",
    to: "return no - floatAt(logits, start + trueToken)",
    lab: "10",
  },
  {
    name: "cascade ignores the second scorer",
    file: "rerankers/cascade-scorer.js",
    from: "of this.#stages.entries()",
    to: "of this.#stages.slice(0, 1).entries()",
    lab: "10",
  },
  {
    name: "cascade passes on the worst texts",
    file: "rerankers/cascade-scorer.js",
    from: ".slice(0, candidateCount)",
    to: ".slice(-candidateCount)",
    lab: "10",
  },
  {
    name: "server's scores in the order of its answer",
    file: "rerankers/answer-scores.js",
    from: "Array.from({ length: count }, (_, index) => scores.get(index) ?? Number.NaN)",
    to: "[...scores.values()]",
    lab: "10",
  },
  {
    name: "grades upside down",
    file: "rerankers/chat-pair-scorer.js",
    from: "return grade / bestGrade",
    to: "return 1 - grade / bestGrade",
    lab: "10",
  },
  {
    name: "chat model's list reversed",
    file: "rerankers/read-permutation.js",
    from: "...list.map(",
    to: "...list.toReversed().map(",
    lab: "10",
  },
  {
    name: "ties reversed",
    file: "ranking/scored.js",
    from: "return a - b;",
    to: "return b - a;",
    lab: "10",
  },
  {
    name: "tokens of replies not counted",
    file: "rerankers/call-budget.js",
    from: "this.#outputTokens += used.outputTokens",
    to: "this.#outputTokens += 0",
    lab: "10",
  },
  {
    name: "limit on requests ignored",
    file: "rerankers/call-budget.js",
    from: "this.#calls >= this.#maxCalls || ",
    to: "",
    lab: "10",
  },
  {
    name: "windows without overlap",
    file: "rerankers/chat-list-reranker.js",
    from: "end -= this.#step",
    to: "end -= this.#windowSize",
    lab: "10",
  },
];
