import { Document, type DocumentInterface } from "@langchain/core/documents";
import type { InvokedSystem } from "../../../src/evaluation/experiment/system.ts";
import { deepFreeze } from "../../deep-freeze.ts";

/** A document with this id, and what a retriever wrote to it. */
export function found(id: string, retrieval?: object): Document {
  const metadata = retrieval === undefined ? {} : { retrieval };
  return deepFreeze(new Document({ id, pageContent: `text of ${id}`, metadata }));
}

/** A retriever that knows the answer to each text, fails on the others, and keeps what it was asked. */
export class AnswerBook implements InvokedSystem {
  readonly asked: string[] = [];
  readonly #answers: Readonly<Record<string, readonly string[]>>;

  constructor(answers: Readonly<Record<string, readonly string[]>>) {
    this.#answers = answers;
  }

  async invoke(query: string): Promise<readonly DocumentInterface[]> {
    this.asked.push(query);
    const ids = this.#answers[query];
    if (ids === undefined) throw new Error(`no answer to ${query}`);
    return ids.map((id) => found(id));
  }
}
