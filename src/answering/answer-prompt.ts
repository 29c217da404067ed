import { HumanMessage, SystemMessage, type BaseMessage } from "@langchain/core/messages";
import { escapeMarks, howToReadPassages } from "../text/prompt-text.ts";
import type { Passage } from "./merge-neighbours.ts";
import { renderPassage } from "../documents/render-passage.ts";

interface AnswerPromptOptions {
  /** What the person asked. */
  readonly question: string;
  /** The question, rewritten to stand alone without the chat history. */
  readonly query: string;
  /** What the model should say if the passages do not contain the answer. */
  readonly nothingFoundText: string;
  readonly instructions: string | undefined;
}

/**
 * Asks for an answer from the passages only. The passages are shown as data, between marks that they cannot
 * close, and numbered best first; the best ones come first and last in the prompt.
 *
 * @see Liu et al., Lost in the Middle (TACL 2024), https://doi.org/10.1162/tacl_a_00638
 */
export function answerPrompt(
  passages: readonly Passage[],
  { question, query, nothingFoundText, instructions }: AnswerPromptOptions,
): BaseMessage[] {
  const rendered = passages.map(({ document }, index) => renderPassage(document, index + 1));
  const asked = query === question ? "" : `\n(Rewritten to stand alone: ${escapeMarks(query)})`;
  return [
    new SystemMessage(
      [
        "You answer a question from numbered passages.",
        ...howToReadPassages,
        "The question follows the last tag.",
        "Use only the passages. After each statement, cite the passages that support it by number, in square brackets after a space, like [1] or [1][2]. Cite no other numbers, and do not list the sources at the end.",
        `If the passages do not contain the answer, say exactly: ${nothingFoundText}`,
        ...(instructions === undefined ? [] : [instructions]),
      ].join("\n"),
    ),
    new HumanMessage(
      `<passages>\n${bestAtBothEnds(rendered).join("\n")}\n</passages>\n\nQuestion: ${escapeMarks(question)}${asked}`,
    ),
  ];
}

/** Reorders to 1, 3, 5, … 6, 4, 2, so that the last items of the list are in the middle. */
export function bestAtBothEnds<Item>(bestFirst: readonly Item[]): Item[] {
  const front = bestFirst.filter((_item, index) => index % 2 === 0);
  const back = bestFirst.filter((_item, index) => index % 2 === 1);
  return [...front, ...back.toReversed()];
}
