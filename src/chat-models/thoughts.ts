interface Tag {
  readonly opening: string;
  readonly closing: string;
  readonly closingPattern: RegExp;
}

/** The tags around a thought, in lower case. */
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

/** Maximum white space before a thought, and its opening tag. */
const mostBefore = 100;

/**
 * Removes the thoughts from a reply that arrives in pieces: models write them first, as `<think>…</think>`.
 * Tags further on are text. The end of a thought without a closing tag is unknown, so it counts as text, too.
 */
export class ThoughtFilter {
  /** Text that was read but not returned: the beginning of a reply, or the current thought. */
  #held = "";
  /** The tag of the current thought. */
  #open: Tag | undefined;
  /** The last characters of that thought, too few to contain a closing tag. */
  #thoughtEnd = "";
  #isText = false;
  #hasThoughts = false;

  /** Whether there was a thought, closed or not. */
  get hasThoughts(): boolean {
    return this.#hasThoughts;
  }

  /** Takes the next piece, and returns everything that is known to be text. */
  push(piece: string): string {
    let rest: string | undefined = piece;
    while (rest !== undefined && !this.#isText) {
      rest = this.#open ? this.#skipThought(rest, this.#open) : this.#readBeginning(rest);
    }
    return rest ?? "";
  }

  /** Returns the remaining text; nothing if the reply was cut off inside a thought. */
  end({ isCutOff }: { readonly isCutOff: boolean }): string {
    const rest = this.#open && isCutOff ? "" : this.#held.trimStart();
    this.#held = "";
    this.#isText = true;
    return rest;
  }

  /** Returns what follows an opening tag, or text; `undefined` if more input is needed. */
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

  /** Returns what follows the thought; `undefined` if the thought continues. */
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

/**
 * The text of a complete reply. A thought may lack its opening tag: some chat templates write it before the
 * reply.
 */
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
