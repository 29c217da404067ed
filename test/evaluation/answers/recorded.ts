import { Document } from "@langchain/core/documents";
import type {
  AnsweringChain,
  ChainAnswer,
  ChainCitation,
  ChainTrace,
} from "../../../src/evaluation/index.ts";
import { deepFreeze } from "../../deep-freeze.ts";

export const nothingFound = "The documents do not contain the answer.";

/** A passage whose text names it. */
export function passage(id: string, pageContent = `About ${id}.`): Document {
  return new Document({ id, pageContent, metadata: { source: `${id}.md` } });
}

/** An answer as a chain gives it; each marker such as `[2]` is a citation. */
export function recorded(
  answer: string,
  documents: readonly (string | Document)[],
  trace?: ChainTrace,
): ChainAnswer {
  const citations = Array.from(
    answer.matchAll(/\[(\d+)\]/g),
    ({ 0: marker, 1: number, index: start }): ChainCitation => ({
      number: Number(number),
      start,
      end: start + marker.length,
    }),
  );
  const given = documents.map((each) => (typeof each === "string" ? passage(each) : each));
  return { answer, citations, documents: given, ...(trace && { trace }) };
}

/** A chain that gives recorded answers by question, and throws recorded errors. */
export function chainOf(answers: Readonly<Record<string, ChainAnswer | Error>>): AnsweringChain {
  const known = deepFreeze(new Map(Object.entries(answers)));
  return {
    async invoke(question) {
      const answer = known.get(question);
      if (answer === undefined || answer instanceof Error) throw answer ?? new Error("unknown");
      return answer;
    },
  };
}

/** The stage of the model, with its milliseconds. */
export function modelStage(milliseconds: number): ChainTrace {
  return { stages: [{ name: "model", milliseconds }], reply: { kind: "text" } };
}
