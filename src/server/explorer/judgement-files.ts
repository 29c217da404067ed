import { existsSync, statSync } from "node:fs";
import { readFile, realpath } from "node:fs/promises";
import { join } from "node:path";
import { RetrievalError } from "../../errors.ts";
import { beirJudgementLines, readBeirJudgements } from "../../evaluation/data/beir-judgements.ts";
import { forEachJsonLine } from "../../evaluation/data/json-lines.ts";
import { writeText } from "../../evaluation/data/write-text.ts";
import { withFileLock } from "../../file-lock.ts";

/** A person's judgement of one section or document for one question. */
export interface Judgement {
  readonly question: string;
  /** The id that `evaluate` gives the passage: its section, or its own id. */
  readonly id: string;
  /** 2 answers the question, 1 helps, 0 does not; `undefined` removes an earlier judgement. */
  readonly grade: 0 | 1 | 2 | undefined;
}

/**
 * The judgements in `queries.jsonl` and `qrels.tsv` of a folder. Each change writes both files whole, the questions first:
 * a question without judgements is no error, the reverse is. Processes that change them take turns.
 */
export class JudgementFiles {
  readonly #queries: string;
  readonly #qrels: string;

  /** @throws `invalid-option` if there is no such folder */
  constructor(folder: string) {
    if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) {
      throw new RetrievalError(
        "invalid-option",
        `Expected \`judgements\` to be a folder, got ${folder}: pass the folder of the indexed documents, or create it.`,
      );
    }
    this.#queries = join(folder, "queries.jsonl");
    this.#qrels = join(folder, "qrels.tsv");
  }

  /** All judgements of known questions, in the order of the files. */
  async read(): Promise<Judgement[]> {
    const { texts, grades } = await this.#load();
    return [...grades].flatMap(([query, ofQuery]) => {
      // As `set` compares them.
      const question = texts.get(query)?.trim();
      if (question === undefined) return [];
      return Array.from(ofQuery, ([id, grade]): Judgement => {
        return { question, id, grade: grade <= 0 ? 0 : grade === 1 ? 1 : 2 };
      });
    });
  }

  /**
   * Adds, replaces or removes one judgement. Other questions stay as they are, with their metadata; judgements of one
   * question are written together.
   *
   * @throws `invalid-input` if one of the files has another layout, or the id cannot be written
   */
  async set({ question, id, grade }: Judgement): Promise<void> {
    await withFileLock(this.#qrels, async (lost) => {
      const { texts, grades, text } = await this.#load();
      const asked = question.trim();
      const known = [...texts].find(([, each]) => each.trim() === asked)?.[0];
      const query = known ?? nextId([...texts.keys(), ...grades.keys()]);
      const ofQuery = new Map(grades.get(query));
      if (grade === undefined) ofQuery.delete(id);
      else ofQuery.set(id, grade);
      // Refuses what cannot be written before anything is.
      const lines = [...beirJudgementLines(new Map([...grades, [query, ofQuery]]))];
      lost.throwIfAborted();
      if (known === undefined) {
        const gap = text === "" || text.endsWith("\n") ? "" : "\n";
        const added = `${JSON.stringify({ _id: query, text: asked })}\n`;
        await writeText(await targetOf(this.#queries), [text, gap, added]);
      }
      await writeText(await targetOf(this.#qrels), lines);
    });
  }

  async #load(): Promise<{
    readonly texts: ReadonlyMap<string, string>;
    readonly grades: ReadonlyMap<string, ReadonlyMap<string, number>>;
    readonly text: string;
  }> {
    const texts = new Map<string, string>();
    const hasQueries = existsSync(this.#queries);
    if (hasQueries) {
      await forEachJsonLine(this.#queries, ({ _id: id, text }, refuse) => {
        if (typeof id !== "string" || typeof text !== "string") {
          throw refuse('the strings "_id" and "text"');
        }
        texts.set(id, text);
      });
    }
    return {
      texts,
      grades: existsSync(this.#qrels) ? await readBeirJudgements(this.#qrels) : new Map(),
      text: hasQueries ? await readFile(this.#queries, "utf8") : "",
    };
  }
}

/** The file itself where `path` is a link, which would be replaced. */
async function targetOf(path: string): Promise<string> {
  return realpath(path).catch(() => path);
}

/** `q001` and so on, after the highest number in use. */
function nextId(ids: Iterable<string>): string {
  const numbers = Array.from(ids, (id) => Number(/^q(\d{1,9})$/.exec(id)?.[1] ?? 0));
  return `q${String(Math.max(0, ...numbers) + 1).padStart(3, "0")}`;
}
