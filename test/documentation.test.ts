import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import GithubSlugger from "github-slugger";
import { describe, expect, test } from "vitest";

const root = join(import.meta.dirname, "..");

const pages = ["", "docs", "examples", "models", "notebooks", "test/bench"].flatMap((folder) =>
  readdirSync(join(root, folder))
    .filter((name) => name.endsWith(".md"))
    .map((name) => normalize(join(folder, name))),
);

function textOf(page: string): string {
  return readFileSync(join(root, page), "utf8");
}

/** The anchors that GitHub gives to the headings of a page. */
function anchorsOf(page: string): Set<string> {
  const slugger = new GithubSlugger();
  const text = textOf(page).replaceAll(/^ *```.*?^ *```$/gms, "");
  return new Set(
    [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) => slugger.slug(heading)),
  );
}

describe.each(pages)("%s", (page) => {
  test("links to files and headings that are there", () => {
    const text = textOf(page)
      .replaceAll(/^ *```.*?^ *```$/gms, "")
      .replaceAll(/`[^`\n]*`/g, "");
    const targets = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = ""]) => target);
    const broken = targets.filter((target) => {
      if (/^https?:/.test(target)) return false;
      const [path = "", anchor] = target.split("#");
      const file = path === "" ? page : join(dirname(page), path);
      if (!existsSync(join(root, file))) return true;
      return anchor !== undefined && !anchorsOf(file).has(anchor);
    });
    expect(broken).toEqual([]);
  });
});

test("the README fits on a few screens, and gives the commands that install, start and test", () => {
  const text = textOf("README.md");
  expect(text.split("\n").length).toBeLessThan(181);
  for (const command of ["npm i langchain-rerank ", "npm ci", "npm start", "npm test"]) {
    expect(text).toContain(`\n${command}`);
  }
});

test("the README links every example, and states the version of Node that package.json asks for", () => {
  const readme = textOf("README.md");
  const examples = readdirSync(join(root, "examples")).filter((name) => name.endsWith(".ts"));
  expect(examples.length).toBeGreaterThan(0);
  expect(examples.filter((name) => !readme.includes(`](examples/${name})`))).toEqual([]);
  const { engines }: { engines: { node: string } } = JSON.parse(textOf("package.json"));
  expect(engines.node).toMatch(/^>=/);
  const stated = `Node ${engines.node.slice(">=".length)} or newer`;
  const requirements = readme.split("\n## Requirements\n")[1] ?? "";
  expect(requirements.trimStart().startsWith(stated)).toBe(true);
  expect(textOf("CONTRIBUTING.md")).toContain(stated);
});

test("every guide is linked from the README or from another guide", () => {
  const readme = textOf("README.md");
  for (const page of pages.filter((each) => each.startsWith("docs/"))) {
    const isLinked = [readme, textOf("docs/options.md"), textOf("docs/evaluation.md")].some(
      (text) => text.includes(page) || text.includes(`](${page.slice("docs/".length)}`),
    );
    expect(isLinked, page).toBe(true);
  }
});

/** Sections of `docs/options.md`, and the interfaces whose members they list. */
const documented = [
  ["OnnxCrossEncoder", "model/onnx-model.ts", "OnnxModelOptions"],
  ["OnnxCrossEncoder", "cross-encoder/onnx-cross-encoder.ts", "OnnxCrossEncoderOptions"],
  ["OnnxEmbeddings", "embeddings/onnx-embeddings.ts", "OnnxEmbeddingsOptions"],
  ["fromTransformers", "transformers/transformers-scorer.ts", "TransformersScorerOptions"],
  ["fromTransformers", "transformers/transformers-embeddings.ts", "TransformersEmbeddingsOptions"],
  ["CrossEncoderReranker", "cross-encoder/cross-encoder-reranker.ts", "RerankerLimits"],
  ["CrossEncoderReranker", "cross-encoder/cross-encoder-reranker.ts", "RerankOptions"],
  ["CrossEncoderReranker", "documents/passage-text.ts", "PassageTextOptions"],
  ["MultiVectorScorer", "rerankers/multi-vector-scorer.ts", "MultiVectorScorerOptions"],
  ["MultiVectorScorer", "rerankers/store-vectors.ts", "StoreOptions"],
  ["ChatPairScorer", "rerankers/chat-pair-scorer.ts", "ChatPairScorerOptions"],
  ["ChatListReranker", "rerankers/chat-list-reranker.ts", "ChatListRerankerOptions"],
  ["ChatListReranker", "rerankers/chat-options.ts", "ChatRerankerOptions"],
  ["ChatListReranker", "rerankers/call-budget.ts", "BudgetOptions"],
  ["RemotePairScorer", "rerankers/remote-options.ts", "RemotePairScorerOptions"],
  ["CompressorScorer", "rerankers/compressor-scorer.ts", "CompressorScorerOptions"],
  ["CascadeScorer", "rerankers/cascade-scorer.ts", "CascadeScorerOptions"],
  ["CascadeScorer", "rerankers/cascade-scorer.ts", "CascadeStage"],
  ["RedundancyFilter", "embeddings/redundancy-filter.ts", "RedundancyFilterOptions"],
  ["TwoStageRetriever", "retrieval/two-stage-options.ts", "TwoStageLimits"],
  ["TwoStageRetriever", "retrieval/two-stage-options.ts", "TwoStageRetrieverOptions"],
  ["TwoStageRetriever", "retrieval/two-stage-options.ts", "TwoStageSearchOptions"],
  ["TwoStageRetriever", "retrieval/limit-per-source.ts", "SourceLimits"],
  ["DenseRetriever", "vector-store/dense-retriever.ts", "DenseRetrieverOptions"],
  ["HybridRetriever", "retrieval/hybrid-retriever.ts", "HybridRetrieverOptions"],
  ["Bm25Retriever", "lexical/bm25-retriever.ts", "Bm25RetrieverOptions"],
  ["Bm25Retriever", "documents/passage-text.ts", "PassageTextOptions"],
  ["Bm25Index", "documents/passage-text.ts", "PassageTextOptions"],
  ["Bm25Index", "lexical/bm25-scoring.ts", "Bm25Parameters"],
  ["Bm25Index", "lexical/bm25-index.ts", "Bm25IndexOptions"],
  ["reciprocalRankFusion", "fusion/fusion-options.ts", "FusionOptions"],
  ["reciprocalRankFusion", "fusion/reciprocal-rank-fusion.ts", "ReciprocalRankFusionOptions"],
  ["weightedScoreFusion", "fusion/weighted-score-fusion.ts", "WeightedScoreFusionOptions"],
  ["indexFolder", "retrieval/index-folder.ts", "IndexFolderOptions"],
  ["loadFolder", "documents/load-folder.ts", "LoadFolderOptions"],
  ["splitPassages", "documents/split-passages.ts", "SplitPassagesOptions"],
  ["openChroma", "vector-store/open-chroma.ts", "OpenChromaOptions"],
  ["createAnswerChain", "answering/create-answer-chain.ts", "AnswerChainOptions"],
  ["createRetrievalTool", "answering/create-retrieval-tool.ts", "RetrievalToolOptions"],
  ["SearchIndex", "retrieval/search-index.ts", "SearchIndexOptions"],
  ["SearchIndex", "retrieval/search-index.ts", "SearchStages"],
  ["createMcpServer", "mcp/mcp-options.ts", "McpServerOptions"],
  ["Evaluation", "evaluation/experiment/experiment.ts", "ExperimentOptions"],
  ["Evaluation", "evaluation/experiment/ask-queries.ts", "AskOptions"],
  ["Evaluation", "evaluation/answers/evaluate-answers.ts", "EvaluateAnswersOptions"],
  ["Evaluation", "evaluation/answers/judge.ts", "ModelJudge"],
  ["Evaluation", "evaluation/answers/judge.ts", "ScorerJudge"],
  ["Evaluation", "evaluation/sweep/settings-grid.ts", "GridOptions"],
  ["Evaluation", "evaluation/gate/choose-configuration.ts", "ChooseConfigurationOptions"],
  ["Evaluation", "evaluation/fitting/fit-fusion.ts", "FitFusionOptions"],
  ["Evaluation", "evaluation/diagnosis/diagnosis-case.ts", "DiagnosisOptions"],
  ["Evaluation", "evaluation/baseline/baseline.ts", "BaselineOptions"],
  ["Evaluation", "evaluation/baseline/compare-to-baseline.ts", "CompareToBaselineOptions"],
] as const;

/** Every program has these, and the guides show them. */
const common = new Set(["signal", "onProgress"]);

test.each(documented)("docs/options.md lists for %s what %s has in %s", (heading, file, type) => {
  const source = textOf(`src/${file}`);
  const body = new RegExp(`interface ${type}\\b[^{]*\\{(.*?)^\\}`, "ms").exec(source)?.[1] ?? "";
  const names = [...body.matchAll(/^ {2}readonly (\w+)\??:/gm)].map(([, name = ""]) => name);
  expect(names).not.toEqual([]);
  const [, ...sections] = textOf("docs/options.md").split(/^#{2,3} /m);
  const section = sections.find((text) => text.replaceAll("`", "").startsWith(`${heading}\n`));
  // A row, or the sentence that says what a call takes; another mention explains nothing.
  const explained = (section ?? "").replaceAll("\n", " ").match(/\btakes?\b.*?\.\s/g) ?? [];
  const rows = [...(section ?? "").matchAll(/^\| (.*?) \|/gm)].map(([, cell = ""]) => cell);
  const listed = [...rows, ...explained].join(" ");
  const missing = names.filter((name) => !common.has(name) && !listed.includes(`\`${name}\``));
  expect(missing).toEqual([]);
});

test("docs/options.md lists every error code", () => {
  const codes = /type RetrievalErrorCode =(.*?);/s.exec(textOf("src/errors.ts"))?.[1] ?? "";
  const names = codes.match(/[a-z-]{4,}/g) ?? [];
  expect(names.length).toBeGreaterThan(15);
  const options = textOf("docs/options.md");
  expect(names.filter((name) => !options.includes(`| \`${name}\` |`))).toEqual([]);
});

test("the workflows run only npm scripts that are there", () => {
  const { scripts }: { scripts: Record<string, string> } = JSON.parse(textOf("package.json"));
  const workflows = readdirSync(join(root, ".github/workflows")).map((name) =>
    textOf(`.github/workflows/${name}`),
  );
  const called = [
    ...workflows.join("\n").matchAll(/run: npm (?:run ([\w:]+)|(test|start)\b)/g),
  ].map(([, script, shortcut]) => script ?? shortcut ?? "");
  expect(called.length).toBeGreaterThan(5);
  expect(called.filter((name) => !Object.hasOwn(scripts, name))).toEqual([]);
});
