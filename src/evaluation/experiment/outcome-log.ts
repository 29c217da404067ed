import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { RetrievalError } from "../../errors.ts";
import { privateFileMode } from "../../private-files.ts";
import { writeFailure } from "../../write-failure.ts";
import { SavedValue } from "../saved-value.ts";

export interface OutcomeLogOptions<Outcome> {
  /**
   * Identifies the run that the outcomes belong to: the first line of the file, which a resumed run must match
   * exactly.
   */
  readonly head: Readonly<Record<string, unknown>>;
  /** Converts an outcome to plain data that JSON preserves. */
  readonly write: (outcome: Outcome) => unknown;
  readonly read: (saved: SavedValue) => Outcome;
}

/**
 * Outcomes of queries in a JSON Lines file, each appended as it arrives: a crash loses at most the line being
 * written. Only one process at a time may write a file.
 */
export class OutcomeLog<Outcome> {
  readonly #file: FileHandle;
  readonly #path: string;
  readonly #write: (outcome: Outcome) => unknown;
  readonly #kept: ReadonlyMap<string, ReadonlyMap<string, Outcome>>;
  #written: Promise<void> = Promise.resolve();

  private constructor(
    { file, path }: { readonly file: FileHandle; readonly path: string },
    write: (outcome: Outcome) => unknown,
    kept: ReadonlyMap<string, ReadonlyMap<string, Outcome>>,
  ) {
    this.#file = file;
    this.#path = path;
    this.#write = write;
    this.#kept = kept;
  }

  /**
   * Opens or creates a file and reads its outcomes; an incomplete last line is dropped.
   *
   * @throws RetrievalError `invalid-input` if the file belongs to another run, or a line is damaged.
   */
  static async open<Outcome>(
    path: string,
    { head, write, read }: OutcomeLogOptions<Outcome>,
  ): Promise<OutcomeLog<Outcome>> {
    const file = await open(path, "a", privateFileMode).catch((cause: unknown) => {
      const explained = writeFailure(cause, path);
      if (explained instanceof RetrievalError) throw explained;
      throw new RetrievalError(
        "invalid-input",
        `Cannot write to ${path}: create its folder first, or pass another path.`,
        { cause },
      );
    });
    try {
      const kept = new Map<string, Map<string, Outcome>>();
      const headLine = JSON.stringify(head);
      let end = 0;
      let lines = 0;
      for await (const { text, bytes } of wholeLines(path)) {
        lines += 1;
        if (lines === 1) requireHead(path, text, headLine);
        else
          keepLine(kept, SavedValue.parse(checked(text, path, lines), originOf(path, lines)), read);
        end += bytes;
      }
      await file.truncate(end);
      if (lines === 0) await file.appendFile(`${headLine}\n`);
      return new OutcomeLog({ file, path }, write, kept);
    } catch (error) {
      await file.close();
      throw writeFailure(error, path);
    }
  }

  /** The outcomes of a system that the file contained when it was opened, by query id. */
  keptOf(system: string): ReadonlyMap<string, Outcome> {
    return this.#kept.get(system) ?? new Map<string, Outcome>();
  }

  /** Resolves when the outcome is in the file; concurrent calls write whole lines. */
  async keep(system: string, query: string, outcome: Outcome): Promise<void> {
    const line = withHash(JSON.stringify({ system, query, outcome: this.#write(outcome) }));
    this.#written = this.#written.then(() => this.#file.appendFile(`${line}\n`));
    await this.#written.catch((cause: unknown) => {
      throw writeFailure(cause, this.#path);
    });
  }

  async close(): Promise<void> {
    await this.#written.catch(() => undefined); // The caller of the failed write got the error.
    await this.#file.close();
  }
}

function keepLine<Outcome>(
  kept: Map<string, Map<string, Outcome>>,
  line: SavedValue,
  read: (saved: SavedValue) => Outcome,
): void {
  const system = line.get("system").text();
  const outcomes = kept.get(system) ?? new Map<string, Outcome>();
  outcomes.set(line.get("query").text(), read(line.get("outcome")));
  kept.set(system, outcomes);
}

/** Adds a hash of a JSON object to it as its last field, so that damage does not change an outcome unnoticed. */
function withHash(json: string): string {
  return `${json.slice(0, -1)},"sha256":"${hashOf(json)}"}`;
}

function hashOf(json: string): string {
  return createHash("sha256").update(json).digest("hex").slice(0, 16);
}

/** The JSON without its hash, which must be right. */
function checked(line: string, path: string, count: number): string {
  const [, body, hash] = /^(.*),"sha256":"([0-9a-f]{16})"\}$/s.exec(line) ?? [];
  if (body !== undefined && hashOf(`${body}}`) === hash) return `${body}}`;
  const { origin, wayOut } = originOf(path, count);
  throw new RetrievalError(
    "invalid-input",
    `Expected an undamaged line with its hash at ${origin}, got ${JSON.stringify(line.slice(0, 80))}: ${wayOut}.`,
  );
}

function originOf(
  path: string,
  line: number,
): { readonly origin: string; readonly wayOut: string } {
  return { origin: `line ${line} of ${path}`, wayOut: "delete the file and start again" };
}

function requireHead(path: string, found: string, expected: string): void {
  if (found === expected) return;
  throw new RetrievalError(
    "invalid-input",
    `Expected ${path} to belong to the run ${expected.slice(0, 400)}, got the run ${found.slice(0, 400)}: ` +
      "pass the file of this run, or another path to start again.",
  );
}

/** Yields the lines of a file that end in a line feed, with their length in bytes. */
async function* wholeLines(
  path: string,
): AsyncGenerator<{ readonly text: string; readonly bytes: number }> {
  const chunks: AsyncIterable<Buffer> = createReadStream(path);
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of chunks) {
    rest = Buffer.concat([rest, chunk]);
    let start = 0;
    for (let end = rest.indexOf(lineFeed); end !== -1; end = rest.indexOf(lineFeed, start)) {
      yield { text: rest.toString("utf8", start, end), bytes: end + 1 - start };
      start = end + 1;
    }
    rest = rest.subarray(start);
  }
}

const lineFeed = 10;
