import { join } from "node:path";
import { MemoryVectorStore } from "@langchain/classic/vectorstores/memory";
import { describe, expect, test } from "vitest";
import { CrossEncoderReranker } from "../../../src/cross-encoder/cross-encoder-reranker.ts";
import type { CandidateSource } from "../../../src/documents/candidate-source.ts";
import { recall } from "../../../src/evaluation/measures/recall.ts";
import { collectPools } from "../../../src/evaluation/sweep/collect-pools.ts";
import { sweep } from "../../../src/evaluation/sweep/sweep.ts";
import { Bm25Retriever } from "../../../src/lexical/bm25-retriever.ts";
import type { PairScorer, ScoreScale } from "../../../src/ranking/pair-scorer.ts";
import { HybridRetriever } from "../../../src/retrieval/hybrid-retriever.ts";
import { TwoStageRetriever } from "../../../src/retrieval/two-stage-retriever.ts";
import { DenseRetriever } from "../../../src/vector-store/dense-retriever.ts";
import { HashEmbeddings } from "../../vector-store/hash-embeddings.ts";
import { sampleCollection, sectionOf } from "./sample-collection.ts";

const { passages, queries, judgements } = await sampleCollection();
const store = new MemoryVectorStore(new HashEmbeddings());
await store.addDocuments([...passages]);
const dense = new DenseRetriever({ store });
const bm25 = await Bm25Retriever.fromDocuments(passages);
const hybrid = new HybridRetriever({ retrievers: [dense, bm25], k: 100 });

function wordsOf(text: string): string[] {
  return text.toLowerCase().match(/\w+/g) ?? [];
}

/** Counts shared words, so that ties abound; gives some texts no number. */
function overlapScorer(scale: ScoreScale): PairScorer {
  return {
    name: `shared words as ${scale}`,
    scale,
    score: async (query, texts) => {
      const asked = new Set(wordsOf(query));
      const scores = Float32Array.from(texts, (text) => {
        const shared = wordsOf(text).filter((word) => asked.has(word)).length;
        const score = scale === "probability" ? shared / (shared + 5) : shared / 3 - 4;
        return text.length % 13 === 0 ? Number.NaN : score;
      });
      return { scores, truncatedTokens: texts.map(({ length }) => (length > 900 ? 9 : 0)) };
    },
  };
}

async function expectEveryPointAsSearched(
  candidates: CandidateSource,
  reranker: CrossEncoderReranker,
  { thresholds, ...grid }: { candidateCounts?: number[]; thresholds: (number | undefined)[] },
): Promise<void> {
  // What the pools' retriever makes of the scores plays no part.
  const asked = { candidates, reranker, blend: 0.4, scoreThreshold: 0.9 };
  const retriever = new TwoStageRetriever(asked);
  const pools = await collectPools({ retriever, queries, idOf: sectionOf, depth: 100 });
  expect(pools.failures.size).toBe(0);
  expect(pools.prefixes).toEqual({ checked: 10, differing: 0 });
  const measures = [recall(5)];
  const blends = [1, 0.6, 0];
  const settings = { pools, judgements, measures, blends, thresholds, ...grid, resamples: 1 };
  const { points, firstStage } = sweep(settings);
  for (const { candidateCount = 100, blend, scoreThreshold, run } of [...points, firstStage]) {
    const isFirstStage = run === firstStage.run;
    const real = new TwoStageRetriever({
      candidates,
      reranker,
      candidateCount,
      blend,
      scoreThreshold,
      rerank: !isFirstStage,
    });
    for (const [query, text] of queries) {
      const { documents } = await real.search(text, { k: candidateCount });
      expect(
        run.get(query)?.map(({ id }) => id),
        `${candidateCount} ${blend} ${scoreThreshold} ${query}`,
      ).toEqual([...new Set(documents.map(sectionOf))]);
    }
  }
}

describe("every point of a sweep ranks as a real search with its settings does", () => {
  test.each([
    ["dense", "logit", dense],
    ["dense", "unbounded", dense],
    ["BM25", "probability", bm25],
    ["hybrid", "logit", hybrid],
    ["hybrid", "unbounded", hybrid],
  ] as const)("behind %s candidates, with scores of the scale %s", async (_name, scale, source) => {
    const reranker = new CrossEncoderReranker({ scorer: overlapScorer(scale) });
    await expectEveryPointAsSearched(source, reranker, { thresholds: [undefined, 0.1, 0.5] });
  });

  test("with a real graph in int8", async () => {
    const model = join(import.meta.dirname, "../../fixtures/models/tiny-bert-reranker");
    await using reranker = new CrossEncoderReranker({ model, device: "cpu" });
    const candidateCounts = [7, 40, 100];
    const grid = { candidateCounts, thresholds: [undefined, 0.5] };
    await expectEveryPointAsSearched(hybrid, reranker, grid);
  });
});

test("pools report that a hybrid with too small a `k` returns other candidates for a smaller search", async () => {
  const small = new HybridRetriever({ retrievers: [dense, bm25], k: 20 });
  const reranker = new CrossEncoderReranker({ scorer: overlapScorer("logit") });
  const retriever = new TwoStageRetriever({ candidates: small, reranker });
  const { prefixes } = await collectPools({ retriever, queries, depth: 100 });
  expect(prefixes.checked).toBe(10);
  expect(prefixes.differing).toBeGreaterThan(0);
});
