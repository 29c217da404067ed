/**
 * A text that grows piece by piece and knows how it ends. Only what is appended is looked at: looking at
 * the whole for each piece would take the square of its length.
 */
export class PassedText {
  #text = "";
  #new = "";
  #isAtLineStart = true;
  #endsInOpenMarker = false;

  get text(): string {
    return this.#text;
  }

  get length(): number {
    return this.#text.length;
  }

  /** Whether nothing but blanks stands on the last line. */
  get isAtLineStart(): boolean {
    return this.#isAtLineStart;
  }

  /** Whether it ends in what may be the beginning of a marker, such as `[1,`. */
  get endsInOpenMarker(): boolean {
    return this.#endsInOpenMarker;
  }

  append(part: string): void {
    this.#text += part;
    this.#new += part;
    const lastLine = part.slice(part.lastIndexOf("\n") + 1);
    const isBlank = lastLine.search(/[^ \t]/) === -1;
    this.#isAtLineStart = isBlank && (this.#isAtLineStart || lastLine.length < part.length);
    const last = lastNot(inMarker, part);
    if (last !== undefined) this.#endsInOpenMarker = last === "[";
  }

  /** What was appended since the last call. */
  takeNew(): string {
    const taken = this.#new;
    this.#new = "";
    return taken;
  }
}

const inMarker = /[\s\d,;]/;

function lastNot(pattern: RegExp, text: string): string | undefined {
  for (let at = text.length - 1; at >= 0; at -= 1) {
    const character = text.charAt(at);
    if (!pattern.test(character)) return character;
  }
  return undefined;
}
