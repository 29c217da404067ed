import { FakeListChatModel } from "@langchain/core/utils/testing";
import { describe, expect, test } from "vitest";
import { createAnswerChain, splitPassages } from "../../../src/index.ts";
import {
  type AnswerEvaluation,
  evaluateAnswers,
  judgementsFrom,
} from "../../../src/evaluation/index.ts";
import { ListRetriever } from "../../answering/answering.ts";
import { ChatStub, type ChatTurn } from "../../chat-stub.ts";
import { openAi } from "../../rerankers/chat-models.ts";
import { chainOf, modelStage, nothingFound, passage, recorded } from "./recorded.ts";

const answers = {
  right: recorded("Both say so [1][2].", ["a", "b"], modelStage(10)),
  wrong: recorded("The first says so [1].", ["irrelevant", "a"], {
    ...modelStage(20),
    inventedCitations: [{ marker: "[7]", position: 3 }],
  }),
  uncited: recorded("It is so.", ["a"], modelStage(30)),
  refused: recorded(nothingFound, ["a"], modelStage(40)),
  "refused with citation": recorded("the documents do NOT contain the answer [1]!", ["c"]),
  unjudged: recorded("It is [1]. So it is [2]. Yes [1].", ["a", "unknown"], modelStage(60)),
  failed: new Error("The server is down."),
  "no text": recorded("The model returned reasoning without an answer.", ["a"], {
    stages: [{ name: "model", milliseconds: 80 }],
    reply: { kind: "reasoning", finishReason: undefined },
  }),
  merged: recorded("It is so [1].", ["x"], {
    ...modelStage(60),
    merged: [{ number: 1, documents: [passage("x"), passage("y")] }],
  }),
  unanswerable: recorded("It is so [1].", ["irrelevant"], modelStage(20)),
};
const names = Object.keys(answers);
const questions = new Map(names.map((name) => [name, name]));
const judgements = judgementsFrom({
  right: { a: 1, b: 2 },
  wrong: { a: 1, irrelevant: 0 },
  uncited: { a: 1 },
  refused: { a: 1 },
  "refused with citation": { a: 1 },
  unjudged: { a: 1, "not retrieved": 3 },
  failed: { a: 1 },
  "no text": { a: 1 },
  merged: { x: 1, y: 1 },
  unanswerable: { irrelevant: 0 },
});
const chain = chainOf(answers);

describe("the measures of ten recorded answers", async () => {
  const result = await evaluateAnswers({ chain, questions, judgements });

  test("are those computed by hand, per question", () => {
    const rows = [...result.answers].map(
      ([id, { kind, citationPrecision, citationRecall, passedRecall }]) =>
        [id, kind, citationPrecision, citationRecall, passedRecall] as const,
    );
    expect(rows).toEqual([
      ["right", "answered", 1, 1, 1],
      ["wrong", "answered", 0, 0, 0],
      ["uncited", "answered", 0, 0, 0],
      ["refused", "refused", undefined, undefined, undefined],
      ["refused with citation", "refused", undefined, undefined, undefined],
      ["unjudged", "answered", 2 / 3, 1 / 2, 1],
      ["no text", "no-text", undefined, undefined, undefined],
      ["merged", "answered", 1, 1, 1],
      ["unanswerable", "answered", 0, undefined, undefined],
    ]);
  });

  test("have the mean of the answers for which they are defined", () => {
    expect(result.citations).toEqual({
      precision: (1 + 2 / 3 + 1) / 6,
      recall: (1 + 1 / 2 + 1) / 5,
      passedRecall: 3 / 5,
      count: 8,
      unjudged: 1,
      invented: 1,
    });
  });

  test("split refusals by whether the model was given a relevant passage", () => {
    expect(result.shares).toEqual({
      all: { questions: 9, answered: 6 / 9, refused: 2 / 9, noText: 1 / 9 },
      withRelevant: { questions: 7, answered: 5 / 7, refused: 1 / 7, noText: 1 / 7 },
      withoutRelevant: { questions: 2, answered: 1 / 2, refused: 1 / 2, noText: 0 },
    });
    expect(result.refusalsWithCitations).toBe(1);
  });

  test("name each citation's passage with its grade", () => {
    expect(result.answers.get("unjudged")?.citations).toEqual([
      { number: 1, ids: ["a"], grade: 1 },
      { number: 2, ids: ["unknown"], grade: undefined },
      { number: 1, ids: ["a"], grade: 1 },
    ]);
    expect(result.answers.get("merged")?.citations[0]?.ids).toEqual(["x", "y"]);
    expect(result.answers.get("wrong")?.inventedCitations).toBe(1);
  });

  test("leave a failed question out, and say why it failed", () => {
    expect(result.failures).toEqual(new Map([["failed", "The server is down."]]));
    expect([...result.questions.keys()]).toEqual(names);
  });

  test("have the latency of each stage, as an experiment has", () => {
    expect(result.latency.get("model")).toEqual({ mean: 40, p50: 35, p95: expect.closeTo(73) });
    expect([...result.latency.keys()]).toEqual(["model", "total"]);
  });

  test("have neither tokens nor claims if they are not reported or judged", () => {
    expect([result.tokens, result.claims]).toEqual([undefined, undefined]);
    expect(result.answers.get("right")?.claims).toBeUndefined();
  });
});

test("only grades from the relevance level on count", async () => {
  const options = { chain, questions, judgements, relevanceLevel: 2 };
  const { answers: evaluated } = await evaluateAnswers(options);
  expect(evaluated.get("right")).toMatchObject({ citationPrecision: 1 / 2, citationRecall: 1 });
  expect(evaluated.get("merged")).toMatchObject({
    citationPrecision: 0,
    citationRecall: undefined,
  });
});

test("all figures are undefined if every question fails", async () => {
  const failing = {
    chain: chainOf({}),
    questions,
    judgements,
    judge: { llm: new FakeListChatModel({ responses: [] }) },
  };
  const result = await evaluateAnswers(failing);
  expect(result.failures.size).toBe(names.length);
  expect(result.citations).toMatchObject({ precision: undefined, recall: undefined, count: 0 });
  expect(result.shares).toEqual({
    all: undefined,
    withRelevant: undefined,
    withoutRelevant: undefined,
  });
  expect(result.claims).toMatchObject({ claims: 0, unsupportedRate: undefined });
  expect(result.latency.size).toBe(0);
});

describe("a refusal", () => {
  const one = { questions: new Map([["q", "q"]]), judgements: judgementsFrom({ q: { a: 1 } }) };
  const kindOf = async (
    answer: ReturnType<typeof recorded>,
    options: Partial<Parameters<typeof evaluateAnswers>[0]> = {},
  ) => {
    const given = { chain: chainOf({ q: answer }), ...one, ...options };
    const { answers: evaluated, failures } = await evaluateAnswers(given);
    return evaluated.get("q")?.kind ?? failures.get("q");
  };

  test("has the chain's own words, and nothing else", async () => {
    const nothingFoundText = "Dazu steht nichts in den Texten.";
    const own = recorded("Dazu steht nichts in den Texten [1].", ["a"]);
    expect(await kindOf(own)).toBe("answered");
    expect(await kindOf(own, { nothingFoundText })).toBe("refused");
    expect(await kindOf(recorded(`${nothingFound} But LoRA saves memory [1].`, ["a"]))).toBe(
      "answered",
    );
  });

  test("is also an answer for which the model was not asked, or that it declined", async () => {
    const words = "Nichts gefunden.";
    const stages = [{ name: "retrieval", milliseconds: 1 }];
    expect(await kindOf(recorded(words, [], { stages, reply: undefined }))).toBe("refused");
    expect(await kindOf(recorded("I cannot.", ["a"], { reply: { kind: "refusal" } }))).toBe(
      "refused",
    );
  });

  test("is recognised by a function, from the text without markers", async () => {
    const seen: string[] = [];
    const isRefusal = (answer: string): boolean => seen.push(answer) === 1;
    const given = recorded("I do not know [1].", ["a"], modelStage(1));
    expect(await kindOf(given, { isRefusal })).toBe("refused");
    expect(await kindOf(given, { isRefusal })).toBe("answered");
    expect(seen[0]).toBe("I do not know.");
    const later: object = { isRefusal: async () => true };
    expect(await kindOf(recorded("It is so.", ["a"]), later)).toMatch(
      /true or false, got a Promise/,
    );
  });

  test("is absent if the reply was withheld, but text that was filtered or cut off is an answer", async () => {
    const filtered = { reply: { kind: "filtered" as const, finishReason: "SAFETY" } };
    const withheld = "The model returned an answer withheld by a content filter.";
    expect(await kindOf(recorded(withheld, ["a"], filtered))).toBe("no-text");
    expect(await kindOf(recorded("It is so", ["a"], filtered))).toBe("answered");
    expect(await kindOf(recorded(" ", ["a"]))).toBe("no-text");
  });
});

describe("the chain of createAnswerChain", () => {
  const question = new Map([["q", "How does LoRA reduce memory?"]]);

  async function evaluated(turns: readonly ChatTurn[]) {
    await using chat = await ChatStub.start();
    chat.plan(...turns);
    const text = `LoRA. ${"It trains two small matrices. ".repeat(3)}`;
    const passages = await splitPassages([{ pageContent: text, metadata: { source: "a.md" } }], {
      chunkSize: 60,
      chunkOverlap: 0,
    });
    const retriever = new ListRetriever(passages);
    const result = await evaluateAnswers({
      chain: createAnswerChain({ retriever, llm: openAi(chat) }),
      questions: question,
      judgements: judgementsFrom({ q: { [passages.at(-1)?.id ?? ""]: 1 } }),
    });
    return { passages, result, answer: result.answers.get("q") };
  }

  test("reports the tokens of its model, and the stages", async () => {
    const { result, answer } = await evaluated([{ pieces: ["It trains two matrices [1]."] }]);
    expect(result.failures).toEqual(new Map());
    expect(answer?.tokens).toEqual({ calls: 1, inputTokens: 12, outputTokens: 3 });
    expect(result.tokens).toEqual({ calls: 1, inputTokens: 12, outputTokens: 3 });
    expect([...result.latency.keys()]).toEqual([
      "retrieval",
      "fitting",
      "model",
      "citations",
      "total",
    ]);
  });

  test("has no tokens if the model does not report them", async () => {
    const { result } = await evaluated([{ pieces: ["It is so [1]."], isUsageHidden: true }]);
    expect(result.answers.size).toBe(1);
    expect(result.tokens).toBeUndefined();
  });

  test("counts every document of a merged passage", async () => {
    const { passages, answer } = await evaluated([{ pieces: ["It trains two matrices [1]."] }]);
    expect(passages.length).toBeGreaterThan(1);
    expect(answer?.citations[0]?.ids).toEqual(passages.map(({ id }) => id));
    expect(answer).toMatchObject({ citationPrecision: 1, citationRecall: 1 });
  });
});

test("shows the chain's error short and printable", async () => {
  const message = `\u001B[31mred\u202E\n${"x".repeat(1_000_000)}`;
  const { failures } = await evaluateAnswers({
    chain: { invoke: () => Promise.reject(new Error(message)) },
    questions: new Map([["q", "Why?"]]),
    judgements: judgementsFrom({ q: { a: 1 } }),
  });
  expect(failures.get("q")).toMatch(/^\\u001b\[31mred\\u202e\\nx{400,500}…$/);
});

test("a result that is not an answer is a failure of its question", async () => {
  const bad: Readonly<Record<string, unknown>> = {
    nothing: undefined,
    text: "It is so.",
    uncited: { answer: "It is so.", documents: [] },
    documents: { answer: "It is so.", citations: [], documents: "a" },
    number: { ...recorded("It is [2].", ["a"]) },
    end: { ...recorded("It is [1].", ["a"]), answer: "It" },
  };
  const options = {
    chain: { invoke: async (question: string) => bad[question] },
    questions: new Map(Object.keys(bad).map((id) => [id, id])),
    judgements: judgementsFrom(Object.fromEntries(Object.keys(bad).map((id) => [id, { a: 1 }]))),
  };
  const { failures }: AnswerEvaluation = await Reflect.apply(evaluateAnswers, undefined, [options]);
  expect([...failures.values()]).toEqual([
    expect.stringContaining("got undefined: pass what createAnswerChain returns."),
    expect.stringContaining('got "It is so."'),
    "Expected `citations` to be an array, got undefined.",
    'Expected `documents` to be an array of documents, got "a".',
    "Expected `citations[0].number` to be at most 1, the number of documents, got 2.",
    "Expected `citations[0].end` to be at most 2, the length of the answer, got 9.",
  ]);
});

describe("a run", () => {
  test("ends with the signal's reason, also while the chain ignores the signal", async () => {
    const stop = new AbortController();
    const hanging = {
      invoke: async () => {
        stop.abort(new Error("enough"));
        return new Promise<never>(() => undefined);
      },
    };
    const run = evaluateAnswers({ chain: hanging, questions, judgements, signal: stop.signal });
    await expect(run).rejects.toThrow("enough");
  });

  test("asks as many questions at once as allowed, and passes the signal on", async () => {
    const signals = new Set<unknown>();
    let running = 0;
    let most = 0;
    const { signal } = new AbortController();
    await evaluateAnswers({
      chain: {
        async invoke(question, options) {
          signals.add(options?.signal);
          running += 1;
          most = Math.max(most, running);
          await new Promise((resolve) => setImmediate(resolve));
          running -= 1;
          return chain.invoke(question);
        },
      },
      questions,
      judgements,
      concurrency: 3,
      signal,
    });
    expect([most, [...signals]]).toEqual([3, [signal]]);
  });

  test("reports progress for the chain, then for the judge", async () => {
    const steps: string[] = [];
    await evaluateAnswers({
      chain,
      questions,
      judgements,
      judge: {
        scorer: {
          name: "one",
          scale: "logit",
          score: async (_, texts) => ({ scores: texts.map(() => 1) }),
        },
      },
      onProgress: ({ system, done, total }) => steps.push(`${system} ${done}/${total}`),
    });
    expect(steps).toHaveLength(20);
    expect([steps[0], steps[9], steps[10], steps[19]]).toEqual([
      "chain 1/20",
      "chain 10/20",
      "judge 11/20",
      "judge 20/20",
    ]);
  });
});
