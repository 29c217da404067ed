import { mostMarker } from "../text/citation-marker.ts";

/** How many of its last characters are known. */
const mostKnown = 2 * mostMarker;

/**
 * A text that grows piece by piece and knows its last characters: examining the whole text for each piece would
 * take quadratic time.
 */
export class PassedText {
  #text = "";
  #new = "";
  #ending = "";

  get text(): string {
    return this.#text;
  }

  get length(): number {
    return this.#text.length;
  }

  /** Its last characters, at most 200. */
  get ending(): string {
    return this.#ending;
  }

  append(part: string): void {
    this.#text += part;
    this.#new += part;
    this.#ending = (this.#ending + part.slice(-mostKnown)).slice(-mostKnown);
  }

  /** The text appended since the last call. */
  takeNew(): string {
    const taken = this.#new;
    this.#new = "";
    return taken;
  }
}
