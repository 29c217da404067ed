interface Tag {
  readonly opening: string;
  readonly closing: string;
  readonly closingPattern: RegExp;
}

/** What stands around a thought, in lower case. */
const tags: readonly Tag[] = [
  ["<think>", "</think>"],
  ["<thinking>", "</thinking>"],
  ["<thought>", "</thought>"],
  ["<reasoning>", "</reasoning>"],
  ["[think]", "[/think]"],
].map(([opening = "", closing = ""]) => ({
  opening,
  closing,
  closingPattern: new RegExp(escaped(closing), "i"),
}));

/** A closing tag alone on its line. */
const loneClosing = new RegExp(
  String.raw`^[ \t]*(?:${tags.map(({ closing }) => escaped(closing)).join("|")})[ \t]*\r?$`,
  "gim",
);

/** The most white space before a thought, and its opening tag. */
const mostBefore = 100;

/**
 * Takes the thoughts out of a reply that comes in pieces: models write them first, as `<think>…</think>`. Tags
 * further on are text. Where a thought is never closed nobody knows where it ends, so it is text, too.
 */
export class ThoughtFilter {
  /** What was read and not given on: the beginning of a reply, or the thought that it is in. */
  #held = "";
  /** The thought that the reply is in. */
  #open: Tag | undefined;
  /** The last characters of that thought, fewer than close it. */
  #thoughtEnd = "";
  #isText = false;
  #hasThoughts = false;

  /** Whether there was a thought, closed or not. */
  get hasThoughts(): boolean {
    return this.#hasThoughts;
  }

  /** Takes the next piece, and gives what is known to be text. */
  push(piece: string): string {
    let rest: string | undefined = piece;
    while (rest !== undefined && !this.#isText) {
      rest = this.#open ? this.#skipThought(rest, this.#open) : this.#readBeginning(rest);
    }
    return rest ?? "";
  }

  /** Gives what was held back and is text: nothing where the reply was cut off in a thought. */
  end({ isCutOff }: { readonly isCutOff: boolean }): string {
    const rest = this.#open && isCutOff ? "" : this.#held.trimStart();
    this.#held = "";
    this.#isText = true;
    return rest;
  }

  /** Gives what comes next, behind an opening tag or as text; `undefined` where more must be known. */
  #readBeginning(piece: string): string | undefined {
    const before = this.#held + piece;
    const text = before.trimStart();
    const beginning = text.slice(0, mostBefore).toLowerCase();
    this.#open = tags.find(({ opening }) => beginning.startsWith(opening));
    if (this.#open) {
      this.#hasThoughts = true;
      this.#held = "";
      return text.slice(this.#open.opening.length);
    }
    const given = this.#hasThoughts ? text : before;
    const mayOpen = tags.some(({ opening }) => opening.startsWith(beginning));
    const isWaiting = mayOpen && given.length <= mostBefore;
    this.#held = isWaiting ? given : "";
    this.#isText = !isWaiting;
    return isWaiting ? undefined : given;
  }

  /** Gives what comes behind the thought; `undefined` where it goes on. */
  #skipThought(piece: string, { closing, closingPattern }: Tag): string | undefined {
    const text = this.#thoughtEnd + piece;
    const end = text.search(closingPattern);
    if (end === -1) {
      this.#held += piece;
      this.#thoughtEnd = text.slice(1 - closing.length);
      return undefined;
    }
    this.#open = undefined;
    this.#held = "";
    this.#thoughtEnd = "";
    return text.slice(end + closing.length);
  }
}

/** The text of a whole reply. A thought may lack its opening tag: some chat templates write it before the reply. */
export function withoutThoughts(reply: string): string {
  const filter = new ThoughtFilter();
  const text = filter.push(reply) + filter.end({ isCutOff: false });
  if (filter.hasThoughts) return text;
  const last = [...text.matchAll(loneClosing)].at(-1);
  return last ? text.slice(last.index + last[0].length).trimStart() : text;
}

function escaped(text: string): string {
  return text.replaceAll(/[[\]/]/g, String.raw`\$&`);
}
