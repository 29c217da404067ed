import { AIMessage } from "@langchain/core/messages";
import { StringOutputParser } from "@langchain/core/output_parsers";
import { RunnableLambda } from "@langchain/core/runnables";
import { FakeListChatModel, FakeLLM, FakeStreamingLLM } from "@langchain/core/utils/testing";
import { describe, expect, test } from "vitest";
import {
  createAnswerChain,
  type AnswerChain,
  type AnswerChainOptions,
  type LanguageModel,
} from "../../src/index.ts";
import { documents, ListRetriever, SayingModel, streamed, type Said } from "./answering.ts";

const chainOf = (llm: LanguageModel, options: Partial<AnswerChainOptions> = {}): AnswerChain =>
  createAnswerChain({ retriever: new ListRetriever(documents), llm, ...options });

/** What the chain answers, and the same as a stream gives it. */
async function answered(llm: () => LanguageModel, options: Partial<AnswerChainOptions> = {}) {
  const invoked = await chainOf(llm(), options).invoke("Does it?");
  const pieces = await streamed(chainOf(llm(), options).stream("Does it?"));
  expect(pieces.answer).toBe(invoked.answer);
  expect(pieces.citations).toEqual(invoked.citations);
  expect(pieces.trace?.reply).toEqual(invoked.trace.reply);
  const { answer, citations, trace } = invoked;
  return { answer, cited: citations.map(({ number }) => number), reply: trace.reply, trace };
}

const said = "It does [1], and not [7].";

const chat = (text: string): FakeListChatModel => new FakeListChatModel({ responses: [text] });

describe("a model may be", () => {
  test.each<[string, (text: string) => LanguageModel]>([
    ["a chat model", chat],
    ["a completion model", (text) => new FakeLLM({ response: text })],
    ["one that streams", (text) => new FakeStreamingLLM({ responses: [text], sleep: 0 })],
    ["a chain that ends in a text", (text) => chat(text).pipe(new StringOutputParser())],
    ["a function that gives a text", (text) => RunnableLambda.from(() => text)],
    [
      "one that gives content blocks",
      (text) => new SayingModel({ content: [{ type: "text", text }] }),
    ],
  ])("%s, to answer and to rewrite", async (_what, model) => {
    expect(await answered(() => model(said))).toMatchObject({
      answer: "It does [1], and not.",
      cited: [1],
      reply: { kind: "text" },
    });
    const chain = chainOf(model("It does."), { rewriter: model("Does LoRA?") });
    const { trace } = await chain.invoke({ question: "Does it?", chatHistory: ["What is LoRA?"] });
    expect(trace.query).toBe("Does LoRA?");
  });

  test("must return a text or a message", async () => {
    // @ts-expect-error -- what a caller in plain JavaScript can do
    const llm: LanguageModel = RunnableLambda.from(() => ({ answer: 42 }));
    for (const answering of [
      chainOf(llm).invoke("Does it?"),
      streamed(chainOf(llm).stream("Does it?")),
    ]) {
      await expect(answering).rejects.toMatchObject({ code: "model-mismatch" });
      await expect(answering).rejects.toThrow(
        "Expected a string or a message from `llm`, got an object",
      );
    }
  });
});

describe("thoughts", () => {
  const thought = "<think>\nPassage [1] says so, and maybe [7] and [2].\n</think>\n\n";

  test.each([
    ["in one piece", [thought + said]],
    ["in pieces", (thought + said).split("")],
    ["in other tags", ["<thinking>[2]</thinking>", said]],
    ["of several steps", ["<think>[2]</think>\n<think>[3]</think>\n", said]],
    ["that are empty", ["<think>\n\n</think>\n\n", said]],
  ])("%s are no part of the answer and cite nothing", async (_how, pieces) => {
    expect(await answered(() => new SayingModel(...pieces))).toMatchObject({
      answer: "It does [1], and not.",
      cited: [1],
      trace: { inventedCitations: [{ marker: "[7]" }] },
    });
  });

  test("in separate blocks are not part of the answer", async () => {
    const content = [
      { type: "reasoning", reasoning: "[2]?" },
      { type: "text", text: said },
    ];
    const inBlocks = await answered(() => new SayingModel({ content }));
    expect(inBlocks).toMatchObject({ answer: "It does [1], and not.", cited: [1] });
    const kwargs = { content: said, additional_kwargs: { reasoning_content: "[2]?" } };
    expect((await answered(() => new SayingModel(kwargs))).cited).toEqual([1]);
  });

  test("without a closing tag do not hide the answer", async () => {
    const pieces = ["<think>", "It does ", "[1]."];
    expect(await answered(() => new SayingModel(...pieces))).toMatchObject({
      answer: "It does [1].",
      cited: [1],
    });
  });

  test("are not part of the search query", async () => {
    const retriever = new ListRetriever(documents);
    const rewriter = new SayingModel("<think>What is it, passage [1]?</think>\n\nDoes LoRA?");
    const chain = chainOf(new SayingModel("It does."), { retriever, rewriter });
    await chain.invoke({ question: "Does it?", chatHistory: ["What is LoRA?"] });
    expect(retriever.asked).toEqual(["Does LoRA?"]);
  });

  test("in a later tag are text", async () => {
    const text = "It writes `<think>` and </think> [1].";
    expect(await answered(() => new SayingModel(text))).toMatchObject({ answer: text, cited: [1] });
  });
});

describe("a reply without a text", () => {
  const filtered = { content: "", response_metadata: { finish_reason: "content_filter" } };
  const call = { name: "search", args: "{}", id: "1", index: 0, type: "tool_call_chunk" as const };
  const cases: readonly [string, readonly Said[], string, object, RegExp][] = [
    ["empty", [""], "The model returned an empty answer.", { kind: "empty" }, /use another model/],
    [
      "of blanks",
      [" \n"],
      "The model returned an empty answer.",
      { kind: "empty" },
      /use another model/,
    ],
    [
      "that a filter withheld",
      [filtered],
      "The model returned an answer withheld by a content filter.",
      { kind: "filtered", finishReason: "content_filter" },
      /\(finish reason "content_filter"\): rephrase the request/,
    ],
    [
      "that Gemini withheld",
      [{ content: "", response_metadata: { finishReason: "SAFETY" } }],
      "The model returned an answer withheld by a content filter.",
      { kind: "filtered", finishReason: "SAFETY" },
      /"SAFETY"/,
    ],
    [
      "that refuses",
      [{ content: [{ type: "refusal", refusal: "I cannot say." }] }],
      "I cannot say.",
      { kind: "refusal" },
      /got a refusal instead of an answer: "I cannot say\."/,
    ],
    [
      "that refuses as OpenAI's models do",
      [{ content: "", additional_kwargs: { refusal: "I cannot say." } }],
      "I cannot say.",
      { kind: "refusal" },
      /I cannot say/,
    ],
    [
      "that refuses as Anthropic's models do",
      [{ content: "", response_metadata: { stop_reason: "refusal" } }],
      "The model returned a refusal instead of an answer.",
      { kind: "refusal", finishReason: "refusal" },
      /use another model/,
    ],
    [
      "that calls a tool",
      [
        {
          content: "",
          tool_call_chunks: [call],
          response_metadata: { finish_reason: "tool_calls" },
        },
      ],
      "The model returned a tool call instead of an answer.",
      { kind: "tool-call", finishReason: "tool_calls" },
      /pass a model without tools/,
    ],
    [
      "that calls a function",
      [{ content: "", additional_kwargs: { function_call: { name: "search", arguments: "{}" } } }],
      "The model returned a tool call instead of an answer.",
      { kind: "tool-call" },
      /pass a model without tools/,
    ],
    [
      "of reasoning alone",
      [{ content: [{ type: "reasoning", reasoning: "Is it [1]?" }] }],
      "The model returned reasoning without an answer.",
      { kind: "reasoning" },
      /token limit/,
    ],
    [
      "cut off in its thoughts",
      ["<think>Is it ", "[1]?", { content: "", response_metadata: { finish_reason: "length" } }],
      "The model returned reasoning without an answer.",
      { kind: "reasoning", finishReason: "length" },
      /token limit/,
    ],
    [
      "of nothing but made-up citations",
      [" [9]"],
      "The model returned an empty answer.",
      { kind: "empty" },
      /again/,
    ],
  ];

  test.each(cases)(
    "%s is stated in the answer and in the trace",
    async (_what, chunks, text, reply) => {
      const result = await answered(() => new SayingModel(...chunks));
      expect(result).toMatchObject({ answer: text, cited: [], reply });
    },
  );

  test.each(cases)(
    "%s is an error if the option says so",
    async (_what, chunks, _text, _reply, message) => {
      const chain = chainOf(new SayingModel(...chunks), { onNoAnswer: "throw" });
      for (const ask of [
        () => chain.invoke("Does it?"),
        () => streamed(chain.stream("Does it?")),
      ]) {
        const answering = ask();
        await expect(answering).rejects.toMatchObject({ code: "no-answer" });
        await expect(answering).rejects.toThrow(message);
      }
    },
  );
});

test("an error shows words of refusal and a finish reason short and printable", async () => {
  const hostile = `\u001B[31mred\u202E\n${"x".repeat(1_000_000)}`;
  const refused = {
    content: "",
    additional_kwargs: { refusal: hostile },
    response_metadata: { finish_reason: hostile },
  };
  const chain = chainOf(new SayingModel(refused), { onNoAnswer: "throw" });
  const error: unknown = await chain.invoke("Does it?").catch((caught: unknown) => caught);
  const message = error instanceof Error ? error.message : "";
  expect(message.split(String.raw`\u001b[31mred\u202e`)).toHaveLength(3);
  expect(message).not.toMatch(/[\p{Cc}\u202e]/u);
  expect(message.length).toBeLessThan(700);
});

test("a reply with only an unreadable tool call counts as a tool call", async () => {
  const invalid_tool_calls = [{ name: "search", args: "{", id: "1" }];
  const llm = (): LanguageModel =>
    RunnableLambda.from(() => new AIMessage({ content: "", invalid_tool_calls }));
  expect((await answered(llm)).reply?.kind).toBe("tool-call");
});

describe("a reply that ends early", () => {
  test.each([
    [{ finish_reason: "length" }, "cut-off", "length"],
    [{ stop_reason: "max_tokens" }, "cut-off", "max_tokens"],
    [{ finishReason: "MAX_TOKENS" }, "cut-off", "MAX_TOKENS"],
    [{ messageStop: { stopReason: "max_tokens" } }, "cut-off", "max_tokens"],
    [{ done_reason: "length" }, "cut-off", "length"],
    [
      { status: "incomplete", incomplete_details: { reason: "max_output_tokens" } },
      "cut-off",
      "max_output_tokens",
    ],
    [{ finish_reason: "content_filter" }, "filtered", "content_filter"],
    [{ finish_reason: "stop" }, "text", "stop"],
  ])("as of %j keeps its text, without half a marker", async (metadata, kind, finishReason) => {
    const last = { content: " [", response_metadata: metadata };
    const result = await answered(() => new SayingModel("It does [1], because", last), {
      onNoAnswer: "throw",
    });
    expect(result).toMatchObject({
      answer: "It does [1], because",
      cited: [1],
      reply: { kind, finishReason },
    });
  });
});

test("a chain that did not ask the model reports no reply", async () => {
  const chain = chainOf(new SayingModel(said), { retriever: new ListRetriever([]) });
  expect((await chain.invoke("Does it?")).trace.reply).toBeUndefined();
});
