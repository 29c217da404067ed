import { existsSync, statSync } from "node:fs";
import { readFile, realpath } from "node:fs/promises";
import { basename, join } from "node:path";
import { messageOf, RetrievalError } from "../../errors.ts";
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

  /**
   * All judgements of known questions, in the order of the files.
   *
   * @throws `invalid-input` if one of the files has another layout, or cannot be read
   */
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
   * @throws `invalid-input`, before anything is written, if one of the files has another layout or cannot be read, or
   * the id cannot be written
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
    const text = await whole(this.#queries, async (path) => {
      await forEachJsonLine(path, ({ _id: id, text: question }, refuse) => {
        if (typeof id !== "string" || typeof question !== "string") {
          throw refuse('the strings "_id" and "text"');
        }
        texts.set(id, question);
      });
      return readFile(path, "utf8");
    });
    const grades = await whole(this.#qrels, (path) => readBeirJudgements(path));
    return { texts, grades: grades ?? new Map(), text: text ?? "" };
  }
}

/**
 * What `read` makes of a file; `undefined` if there is none. An error says what to do, and names the file without its
 * folder, which is of this machine.
 */
async function whole<Content>(
  path: string,
  read: (path: string) => Promise<Content>,
): Promise<Content | undefined> {
  if (!existsSync(path)) return undefined;
  try {
    return await read(path);
  } catch (cause) {
    const [told, name] = [messageOf(cause), basename(path)];
    const reason = told.startsWith(`${path}:`)
      ? `${name}${told.slice(path.length)}`
      : `${name}: expected a file that this server may read.`;
    throw new RetrievalError(
      "invalid-input",
      `${reason} Correct the file, or move it elsewhere; until then no judgement is saved.`,
      { cause },
    );
  }
}

/** The target if `path` is a link: writing would replace the link itself. */
async function targetOf(path: string): Promise<string> {
  return realpath(path).catch(() => path);
}

/** `q001` and so on, after the highest number in use. */
function nextId(ids: Iterable<string>): string {
  const numbers = Array.from(ids, (id) => Number(/^q(\d{1,9})$/.exec(id)?.[1] ?? 0));
  return `q${String(Math.max(0, ...numbers) + 1).padStart(3, "0")}`;
}
