import { HumanMessage, SystemMessage, type BaseMessage } from "@langchain/core/messages";
import { escapeMarks } from "../text/prompt-text.ts";
import type { Passage } from "./merge-neighbours.ts";
import { howToReadPassages, renderPassage } from "./render-passage.ts";

interface AnswerPromptOptions {
  /** What the person asked. */
  readonly question: string;
  /** The same without reference to a conversation before it. */
  readonly query: string;
  /** What the model shall say where the passages do not hold the answer. */
  readonly nothingFoundText: string;
  readonly instructions: string | undefined;
}

/**
 * Asks for an answer from the passages alone, which stand as data between marks that they cannot close. They
 * are numbered best first, and the best ones stand first and last.
 *
 * @see Liu et al., Lost in the Middle (TACL 2024), https://doi.org/10.1162/tacl_a_00638
 */
export function answerPrompt(
  passages: readonly Passage[],
  { question, query, nothingFoundText, instructions }: AnswerPromptOptions,
): BaseMessage[] {
  const rendered = passages.map(({ document }, index) => renderPassage(document, index + 1));
  const asked =
    query === question ? "" : `\n(With the conversation before it: ${escapeMarks(query)})`;
  return [
    new SystemMessage(
      [
        "You answer a question from numbered passages.",
        ...howToReadPassages,
        "The question comes after the last mark.",
        "Use nothing but the passages. After each statement cite the passages that say it by their number in square brackets after a space, like [1] or [1][2]. Cite no other number, and do not list the sources at the end.",
        `If the passages do not hold the answer, say exactly: ${nothingFoundText}`,
        ...(instructions === undefined ? [] : [instructions]),
      ].join("\n"),
    ),
    new HumanMessage(
      `<passages>\n${bestAtBothEnds(rendered).join("\n")}\n</passages>\n\nQuestion: ${escapeMarks(question)}${asked}`,
    ),
  ];
}

/** 1, 3, 5, … 6, 4, 2: what comes last in the list stands in the middle. */
export function bestAtBothEnds<Item>(bestFirst: readonly Item[]): Item[] {
  const front = bestFirst.filter((_item, index) => index % 2 === 0);
  const back = bestFirst.filter((_item, index) => index % 2 === 1);
  return [...front, ...back.toReversed()];
}
