import { Document } from "@langchain/core/documents";
import { RunnableLambda } from "@langchain/core/runnables";
import { BaseTracer, type Run } from "@langchain/core/tracers/base";
import { setTimeout as pause } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  Bm25Retriever,
  CorpusSource,
  createAnswerChain,
  CrossEncoderReranker,
  HybridRetriever,
  TwoStageRetriever,
  type Answer,
  type AnswerChainOptions,
  type PairScorer,
} from "../../src/index.ts";
import { ChatStub } from "../chat-stub.ts";
import { chatModels, documents, ListRetriever } from "./answering.ts";

let stub: ChatStub;
beforeEach(async () => {
  stub = await ChatStub.start();
});
afterEach(() => stub[Symbol.asyncDispose]());

const chainOf = (options: Partial<AnswerChainOptions> = {}) =>
  createAnswerChain({
    retriever: new ListRetriever(documents),
    llm: chatModels.openai(stub),
    ...options,
  });

/** Keeps whole trees of runs, as LangSmith is sent them. */
class TreeTracer extends BaseTracer {
  override name = "tree";
  readonly roots: Run[] = [];

  constructor() {
    super({ _awaitHandler: true });
  }

  protected override async persistRun(run: Run): Promise<void> {
    this.roots.push(run);
  }
}

/** Names and what is below them. */
function namesOf(run: Run | undefined): unknown[] {
  const below = (run?.child_runs ?? []).map((child) => namesOf(child));
  return below.length === 0 ? [run?.name] : [run?.name, below];
}

function* allOf(run: Run): Generator<Run> {
  yield run;
  for (const child of run.child_runs) yield* allOf(child);
}

const slowScorer: PairScorer = {
  name: "slow",
  scale: "probability",
  async score(_query, texts) {
    await pause(20);
    return { scores: texts.map((text) => (text.includes("LoRA") ? 0.8 : 0.1)) };
  },
};

async function hybrid() {
  const bm25 = await Bm25Retriever.fromDocuments(documents);
  const candidates = new HybridRetriever({
    retrievers: [
      { retriever: bm25, name: "lexical" },
      { retriever: new ListRetriever(documents), name: "other" },
    ],
  });
  const twoStage = new TwoStageRetriever({
    candidates,
    reranker: new CrossEncoderReranker({ scorer: slowScorer }),
    blend: 0.9,
    scoreThreshold: 0.5,
  });
  return { candidates, twoStage };
}

describe("the run tree", () => {
  test("has each stage by name and time, with the stages of the retriever below its run", async () => {
    const tracer = new TreeTracer();
    const chain = chainOf({ retriever: (await hybrid()).twoStage });
    stub.plan({ pieces: ["Does LoRA?"] }, { pieces: ["It does [1], [9]."], pauseMs: 20 });
    const input = { question: "Does it?", chatHistory: ["What is LoRA?"] };
    const { trace } = await chain.invoke(input, { callbacks: [tracer] });
    const tree = [
      "AnswerChain",
      [
        ["rewriting"],
        [
          "retrieval",
          [
            ["candidates", [["lexical"], ["other", [["ListRetriever"]]], ["fusion"]]],
            ["rerank"],
            ["blend"],
          ],
        ],
        ["fitting"],
        ["model"],
        ["citations"],
      ],
    ];
    expect(tracer.roots.map((root) => namesOf(root))).toEqual([tree]);
    const runs = [...(tracer.roots[0] ? allOf(tracer.roots[0]) : [])];
    const runOf = (name: string) => runs.find((run) => run.name === name);
    for (const run of runs) expect(run.end_time).toBeGreaterThanOrEqual(run.start_time);
    for (const name of ["rerank", "model"]) {
      expect(Number(runOf(name)?.end_time) - Number(runOf(name)?.start_time)).toBeGreaterThan(10);
    }
    expect(runOf("retrieval")?.run_type).toBe("retriever");
    expect(runOf("retrieval")?.outputs?.["documents"]).toHaveLength(2);
    expect(runOf("model")?.run_type).toBe("llm");
    expect(runOf("citations")?.outputs).toMatchObject({
      answer: "It does [1],.",
      invented: [{ marker: "[9]" }],
    });
    expect(trace.retrieval?.stages.map(({ name }) => name)).toEqual([
      "lexical",
      "other",
      "fusion",
      "rerank",
      "blend",
    ]);
    expect(trace.stages.every(({ milliseconds }) => milliseconds >= 0)).toBe(true);
    const sum = trace.stages.reduce((total, { milliseconds }) => total + milliseconds, 0);
    expect(trace.milliseconds).toBeGreaterThanOrEqual(sum);
  });

  test("is the same for a stream", async () => {
    const tracer = new TreeTracer();
    stub.plan({ pieces: ["It ", "does [1]."] });
    const stream = await chainOf().stream("Does it?", { callbacks: [tracer] });
    for await (const piece of stream) expect(piece).toBeDefined();
    expect(tracer.roots.map((root) => namesOf(root))).toEqual([
      ["AnswerChain", [["retrieval"], ["fitting"], ["model"], ["citations"]]],
    ]);
    expect(tracer.roots[0]?.inputs).toEqual({ input: "Does it?" });
    expect(tracer.roots[0]?.outputs).toMatchObject({ answer: "It does [1]." });
  });

  test("shows where it failed", async () => {
    const tracer = new TreeTracer();
    const scorer = { ...slowScorer, score: async () => Promise.reject(new Error("no model")) };
    const retriever = new TwoStageRetriever({
      candidates: new CorpusSource(documents),
      reranker: new CrossEncoderReranker({ scorer }),
    });
    const answering = chainOf({ retriever }).invoke("Does it?", { callbacks: [tracer] });
    await expect(answering).rejects.toThrow("no model");
    const runs = [...(tracer.roots[0] ? allOf(tracer.roots[0]) : [])];
    expect(runs.map(({ name, error }) => [name, error?.includes("no model") ?? false])).toEqual([
      ["AnswerChain", true],
      ["retrieval", true],
      ["candidates", false],
      ["rerank", true],
    ]);
  });

  test("of retrievers invoked by themselves has their stages, too", async () => {
    const tracer = new TreeTracer();
    const { twoStage, candidates } = await hybrid();
    await twoStage.invoke("LoRA", { callbacks: [tracer] });
    await candidates.invoke("LoRA", { callbacks: [tracer] });
    const below = [["lexical"], ["other", [["ListRetriever"]]], ["fusion"]];
    expect(tracer.roots.map((root) => namesOf(root))).toEqual([
      ["TwoStageRetriever", [["candidates", below], ["rerank"], ["blend"]]],
      ["HybridRetriever", below],
    ]);
  });
});

describe("LCEL", () => {
  test("streamEvents reports retrieval, the model's pieces and the chain's pieces", async () => {
    stub.plan({ pieces: ["It ", "does [1]."] });
    const events: string[] = [];
    const answers: string[] = [];
    const ends = new Map<string, unknown>();
    for await (const { event, name, data } of chainOf().streamEvents("Does it?", {
      version: "v2",
    })) {
      const label = `${event} ${name}`;
      if (events.at(-1) !== label) events.push(label);
      if (label === "on_chain_stream AnswerChain") answers.push(data.chunk.answer ?? "");
      if (event.endsWith("_end")) ends.set(name, data.output);
    }
    expect(answers.join("")).toBe("It does [1].");
    expect(ends.get("retrieval")).toHaveLength(3);
    expect(ends.get("AnswerChain")).toMatchObject({ answer: "It does [1]." });
    expect(events.filter((event) => event.startsWith("on_retriever"))).toEqual([
      "on_retriever_start retrieval",
      "on_retriever_end retrieval",
    ]);
    expect(events).toContain("on_chat_model_stream model");
    expect(events.at(0)).toBe("on_chain_start AnswerChain");
    expect(events.at(-1)).toBe("on_chain_end AnswerChain");
  });

  test("batch answers in order, with no more questions at a time than maxConcurrency", async () => {
    let running = 0;
    let most = 0;
    const retriever = new ListRetriever(documents, async () => {
      running += 1;
      most = Math.max(most, running);
      await pause(20);
      running -= 1;
    });
    stub.planEach(({ messages }) => ({
      pieces: [`${messages.at(-1)?.content.split(": ").at(-1)} [1]`],
    }));
    const questions = ["a?", "b?", "c?", "d?", "e?"];
    const answers = await chainOf({ retriever }).batch(questions, { maxConcurrency: 2 });
    expect(answers.map(({ answer }) => answer)).toEqual(questions.map((each) => `${each} [1]`));
    expect(most).toBe(2);
    expect(retriever.asked).toHaveLength(5);
  });

  test("withConfig names and tags the run", async () => {
    const tracer = new TreeTracer();
    stub.plan({ pieces: ["It does."] });
    const named = chainOf().withConfig({ runName: "guide", tags: ["beta"], metadata: { user: 7 } });
    await named.invoke("Does it?", { callbacks: [tracer] });
    const [root] = tracer.roots;
    expect(root?.name).toBe("guide");
    expect(root?.child_runs.map(({ name }) => name)).toEqual([
      "retrieval",
      "fitting",
      "model",
      "citations",
    ]);
    for (const run of root ? allOf(root) : []) {
      expect(run.tags).toContain("beta");
      expect(run.extra?.["metadata"]).toMatchObject({ user: 7 });
    }
  });

  test("withRetry asks again if the model failed", async () => {
    const retriever = new ListRetriever(documents);
    stub.plan({ status: 500 }, { pieces: ["It does."] });
    const patient = chainOf({ retriever }).withRetry({ stopAfterAttempt: 2 });
    expect((await patient.invoke("Does it?")).answer).toBe("It does.");
    expect(retriever.asked).toHaveLength(2);
  });

  test("withFallbacks continues with another chain", async () => {
    stub.plan({ status: 500 }, { pieces: ["It does."] });
    const other = chainOf({ llm: chatModels.ollama(stub) });
    const safe = chainOf().withFallbacks([other]);
    expect((await safe.invoke("Does it?")).answer).toBe("It does.");
    expect(stub.requests.map(({ api }) => api)).toEqual(["openai", "ollama"]);
  });

  test("a model with fallbacks or retries is a model, and retrieval is done once", async () => {
    const retriever = new ListRetriever(documents);
    stub.plan({ status: 500 }, { pieces: ["It ", "does."] });
    const llm = chatModels.openai(stub).withFallbacks([chatModels.azure(stub)]);
    const answers: string[] = [];
    for await (const { answer } of await chainOf({ retriever, llm }).stream("Does it?")) {
      if (answer !== undefined) answers.push(answer);
    }
    expect(answers).toEqual(["It", " does."]);
    expect(retriever.asked).toHaveLength(1);
    stub.plan({ status: 500 }, { pieces: ["It does."] });
    const patient = chatModels.openai(stub).withRetry({ stopAfterAttempt: 2 });
    expect((await chainOf({ llm: patient }).invoke("Does it?")).answer).toBe("It does.");
  });

  test.each(["openai", "azure"] as const)("waits for a rate limit of %s", async (api) => {
    stub.plan({ status: 429, retryAfterSeconds: 0 }, { pieces: ["It does [1]."] });
    const chain = chainOf({ llm: chatModels[api](stub, 1) });
    expect((await chain.invoke("Does it?")).answer).toBe("It does [1].");
    expect(stub.requests).toHaveLength(2);
  });

  test.each(["openai", "azure", "ollama"] as const)(
    "a failure of %s, before or in its answer, is an error",
    async (api) => {
      const chain = chainOf({ llm: chatModels[api](stub) });
      stub.plan({ status: 400 }, { pieces: ["It "], ending: "break" });
      await expect(chain.invoke("Does it?")).rejects.toThrow("400");
      const reading = (async () => {
        const pieces: unknown[] = [];
        for await (const piece of await chain.stream("Does it?")) pieces.push(piece);
        return pieces;
      })();
      await expect(reading).rejects.toThrow(/./);
    },
  );

  test("pipe passes on the whole answer, and takes questions from an earlier step", async () => {
    stub.plan({ pieces: ["It does [1]."] });
    const ask = RunnableLambda.from((topic: string) => `What is ${topic}?`);
    const sources = RunnableLambda.from(({ citations }: Answer) =>
      citations.map(({ source }) => source),
    );
    const retriever = new ListRetriever(documents);
    expect(await ask.pipe(chainOf({ retriever })).pipe(sources).invoke("LoRA")).toEqual([
      "lora.md",
    ]);
    expect(retriever.asked).toEqual(["What is LoRA?"]);
  });
});

test("neighbours that a first stage found apart are numbered once", async () => {
  const text = "LoRA is small. It is fast.";
  const parts = [0, 15].map(
    (start, index) =>
      new Document({
        id: `p${index}`,
        pageContent: text.slice(start, index === 0 ? 14 : text.length),
        metadata: { source: "a.md", start, end: index === 0 ? 14 : text.length },
      }),
  );
  stub.plan({ pieces: ["Small [1] and fast [2]."] });
  const { answer } = await chainOf({ retriever: new ListRetriever(parts) }).invoke("What is LoRA?");
  expect(answer).toBe("Small [1] and fast.");
});
