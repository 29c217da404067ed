import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import {
  CorpusSource,
  createAnswerChain,
  CrossEncoderReranker,
  TwoStageRetriever,
  type AnswerChainOptions,
  type CandidateSource,
  type PairScorer,
} from "../../src/index.ts";
import { ChatStub } from "../chat-stub.ts";
import { chatModels, documents, ListRetriever } from "./answering.ts";

let stub: ChatStub;
/** Signals that reached a stage which then never ends. */
let reached: (AbortSignal | undefined)[];
beforeEach(async () => {
  stub = await ChatStub.start();
  reached = [];
});
afterEach(() => stub[Symbol.asyncDispose]());

function never(signal?: AbortSignal): Promise<never> {
  reached.push(signal);
  return new Promise(() => undefined);
}

const hangingScorer: PairScorer = {
  name: "hanging",
  scale: "probability",
  score: (_query, _texts, { signal } = {}) =>
    new Promise((_resolve, reject) => {
      reached.push(signal);
      signal?.addEventListener("abort", () => reject(signal.reason));
    }),
};
const hangingSource: CandidateSource = { candidates: (_query, { signal }) => never(signal) };
const twoStage = (candidates: CandidateSource, scorer = hangingScorer) =>
  new TwoStageRetriever({ candidates, reranker: new CrossEncoderReranker({ scorer }) });

interface Hang {
  readonly options?: Partial<AnswerChainOptions>;
  readonly isConversation?: boolean;
  /** The pieces that the model writes before it hangs. */
  readonly pieces?: readonly string[];
}

/** A chain that hangs in the stage. */
const hangs: Readonly<Record<string, () => Hang>> = {
  rewriting: () => ({ isConversation: true }),
  "a LangChain retriever": () => ({ options: { retriever: new ListRetriever([], () => never()) } }),
  "the first stage": () => ({ options: { retriever: twoStage(hangingSource) } }),
  reranking: () => ({ options: { retriever: twoStage(new CorpusSource(documents)) } }),
  fitting: () => ({ options: { countTokens: () => never() } }),
  "a model that does not begin": () => ({}),
  "a model that stops in its answer": () => ({ pieces: ["It ", "does"] }),
};

const ways = {
  invoke: async (
    chain: ReturnType<typeof createAnswerChain>,
    input: string[],
    signal: AbortSignal,
  ) => chain.invoke(input, { signal }),
  stream: async (
    chain: ReturnType<typeof createAnswerChain>,
    input: string[],
    signal: AbortSignal,
  ) => {
    const pieces: unknown[] = [];
    for await (const piece of await chain.stream(input, { signal })) pieces.push(piece);
    return pieces;
  },
  batch: async (
    chain: ReturnType<typeof createAnswerChain>,
    input: string[],
    signal: AbortSignal,
  ) => chain.batch([input], { signal }),
} as const;

describe.each(Object.keys(hangs))("cancelled in %s", (stage) => {
  test.each(["invoke", "stream", "batch"] as const)(
    "%s ends with the signal's reason, even if the model never ends",
    async (way) => {
      const { options, isConversation = false, pieces = [] } = hangs[stage]?.() ?? {};
      stub.planEach(() => ({ pieces, ending: "hang" }));
      const chain = createAnswerChain({
        retriever: new ListRetriever(documents),
        llm: chatModels.openai(stub),
        ...options,
      });
      const input = isConversation ? ["What is LoRA?", "Does it?"] : ["Does it?"];
      const controller = new AbortController();
      const answering = ways[way](chain, input, controller.signal);
      answering.catch(() => undefined);
      await vi.waitFor(() => expect(stub.requests.length + reached.length).toBe(1));
      const reason = new Error("no longer needed");
      controller.abort(reason);
      await expect(answering).rejects.toBe(reason);
      await vi.waitFor(() =>
        expect(stub.requests.map(({ outcome }) => outcome)).not.toContain("pending"),
      );
      expect(reached.filter((signal) => signal?.aborted === false)).toEqual([]);
    },
  );
});

test.each(["azure", "ollama"] as const)(
  "the caller of a stream from %s need not wait for the model, either",
  async (api) => {
    stub.plan({ pieces: ["It "], ending: "hang" });
    const chain = createAnswerChain({
      retriever: new ListRetriever(documents),
      llm: chatModels[api](stub),
    });
    const controller = new AbortController();
    const answering = ways.stream(chain, ["Does it?"], controller.signal);
    answering.catch(() => undefined);
    await vi.waitFor(() => expect(stub.requests).toHaveLength(1));
    controller.abort();
    await expect(answering).rejects.toThrow(/abort/i);
  },
);

test("reranking and the first stage receive the signal", async () => {
  for (const retriever of [twoStage(hangingSource), twoStage(new CorpusSource(documents))]) {
    reached = [];
    const controller = new AbortController();
    const chain = createAnswerChain({ retriever, llm: chatModels.openai(stub) });
    const answering = chain.invoke("Does it?", { signal: controller.signal });
    answering.catch(() => undefined);
    await vi.waitFor(() => expect(reached).toHaveLength(1));
    expect(reached[0]?.aborted).toBe(false);
    controller.abort();
    expect(reached[0]?.aborted).toBe(true);
    await expect(answering).rejects.toThrow(/abort/i);
  }
});

test("a timeout ends the chain, and a signal that was aborted before the call starts nothing", async () => {
  const retriever = new ListRetriever(documents, () => never());
  const chain = createAnswerChain({ retriever, llm: chatModels.openai(stub) });
  await expect(chain.invoke("Does it?", { timeout: 20 })).rejects.toThrow(/timeout/i);
  const asked = retriever.asked.length;
  await expect(chain.invoke("Does it?", { signal: AbortSignal.abort() })).rejects.toThrow(/abort/i);
  await expect(chain.stream("Does it?", { signal: AbortSignal.abort() })).rejects.toThrow(/abort/i);
  expect(retriever.asked.length).toBe(asked);
  expect(stub.requests).toEqual([]);
});
