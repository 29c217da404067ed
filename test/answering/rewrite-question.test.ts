import { AIMessage, HumanMessage, type BaseMessage } from "@langchain/core/messages";
import { describe, expect, test } from "vitest";
import { estimateTokens } from "../../src/text/estimate-tokens.ts";
import { fitTurns } from "../../src/answering/fit-turns.ts";
import { rewriteQuestion } from "../../src/answering/rewrite-question.ts";
import { SayingModel, type Said } from "./answering.ts";

const question = "What does it cost?";
const history = [new HumanMessage("What is LoRA?"), new AIMessage("An adapter [1].")];

/** What a rewriter that says this makes of the question. */
function rewritten(...said: readonly Said[]): Promise<string> {
  const rewriter = new SayingModel(...said);
  const options = { rewriter, maxContextTokens: 3000, countTokens: estimateTokens };
  return rewriteQuestion({ question, history }, options, {});
}

describe("the query is the question alone if a rewriter says", () => {
  const asked = "How much memory does LoRA need?";

  test.each([
    asked,
    ` How much memory\ndoes LoRA need? `,
    `Standalone question: ${asked}`,
    `**Standalone question:** ${asked}`,
    `The rewritten question:\n${asked}`,
    `Query: "${asked}"`,
    `Frage: ${asked}`,
    `"${asked}"`,
    `“${asked}”`,
    `「${asked}」`,
    `'${asked}'.`,
    `**${asked}**`,
    `_"${asked}"_`,
    `\`${asked}\``,
    `\`\`\`\n${asked}\n\`\`\``,
    `## Standalone question\n\n${asked}`,
    `Sure! Here is the question:\n\n${asked}`,
    `Sure, here's the standalone question: ${asked}`,
    `Here is the rewritten question:\n"${asked}"`,
    `${asked}\n\nThis can be understood without the conversation.`,
    `${asked}\nI put in what "it" refers to.`,
    `<think>Is it LoRA?\nStandalone question: QLoRA?</think>\n${asked}`,
    `It is LoRA.\n</think>\n\n${asked}`,
    `I have rewritten the question so that it stands alone.\n\n${asked}`,
    `The conversation is about LoRA.\n \nSo I ask of it.\n\n"${asked}"\n\nIt is short.`,
    `The standalone question is: ${asked}`,
    `Standalone follow up question: ${asked}`,
    `Eigenständige Frage: ${asked}`,
    `Die eigenständige Frage lautet: ${asked}`,
    `独立问题：${asked}`,
    `***${asked}***`,
    `> How much memory\n> does LoRA need?`,
    `1. ${asked}`,
    `- ${asked}`,
    `# ${asked}`,
    `{"question": "${asked}"}`,
    `\`\`\`json\n{ "standalone_question": "${asked}" }\n\`\`\``,
    `{"query": "Standalone question: ${asked}"}`,
  ])("%j", async (said) => {
    expect(await rewritten(said)).toBe(asked);
  });

  test.each([
    "LoRA: what does it cost?",
    'Is "LoRA" or "QLoRA" cheaper?',
    '"LoRA" or "QLoRA"',
    "memory of LoRA",
    "What does the question mark in `a?` mean?",
    "Which query: the first one or the second?",
    "OK buttons in forms",
    "What is **bold**",
    "{ a: 1 } in JavaScript?",
    '{"a": 1}',
  ])("%j, from which nothing is removed", async (said) => {
    expect(await rewritten(said)).toBe(said);
  });

  test.each([
    ["nothing", [" "]],
    ["quotes around nothing", ['""']],
    ["JSON around nothing", ['{"question": ""}']],
    ["nothing but thoughts", ["<think>Hm.</think>"]],
    ["a refusal", [{ content: [{ type: "refusal", refusal: "I cannot." }] }]],
    ["a tool call", [{ content: "", response_metadata: { finish_reason: "tool_calls" } }]],
  ] satisfies [string, Said[]][])("%s, it is the one that was asked", async (_what, said) => {
    expect(await rewritten(...said)).toBe(question);
  });

  test("an endless text, cut to its beginning", async () => {
    const found = await rewritten("How much memory ".repeat(1250));
    expect(found.length).toBeLessThanOrEqual(1000);
    expect(found).toMatch(/^How much memory How much memory.*…$/);
  });
});

const wordsOf = (text: string): number => text.split(/\s+/).length;
const turns = (messages: readonly BaseMessage[], maxContextTokens: number): Promise<string[]> =>
  fitTurns(messages, { maxContextTokens, countTokens: wordsOf });
const long = (count: number): AIMessage =>
  new AIMessage(`LoRA begins ${"word ".repeat(count)}and ends`);

describe("the turns that a rewriter is shown", () => {
  test("are all if they fit", async () => {
    expect(await turns([...history, long(50)], 100)).toEqual([
      '<turn speaker="user">\nWhat is LoRA?\n</turn>',
      '<turn speaker="assistant">\nAn adapter [1].\n</turn>'.replace("[", "&#91;"),
      `<turn speaker="assistant">\n${long(50).text}\n</turn>`,
    ]);
  });

  test("stay around a long one, which is cut in the middle to the room that is left", async () => {
    const shown = await turns([...history, long(4000), new HumanMessage("I see.")], 300);
    expect(shown).toHaveLength(4);
    expect(shown[2]).toMatch(/\nLoRA begins word .*….*word and ends\n/);
    expect(shown.at(-1)).toContain("I see.");
    const words = wordsOf(shown.join(" "));
    expect(words).toBeLessThanOrEqual(300);
    expect(words).toBeGreaterThan(200);
  });

  test("are each cut if several are long, and end when no room is left", async () => {
    const shown = await turns([...history, long(900), long(900), long(900)], 200);
    expect(shown.filter((turn) => turn.includes("…"))).toHaveLength(3);
    expect(shown).toHaveLength(5);
    expect(wordsOf(shown.join(" "))).toBeLessThanOrEqual(200);
    const many = Array.from({ length: 20 }, () => long(900));
    const last = await turns(many, 200);
    expect(last.length).toBeGreaterThanOrEqual(4);
    expect(wordsOf(last.join(" "))).toBeLessThanOrEqual(200);
  });

  test("contain no thoughts", async () => {
    const thinking = new AIMessage("<think>Hm.</think>\n\nAn adapter.");
    expect(await turns([thinking], 100)).toEqual([
      '<turn speaker="assistant">\nAn adapter.\n</turn>',
    ]);
  });

  test("are left out if not even the marks fit", async () => {
    expect(await turns(history, 3)).toEqual([]);
  });
});
