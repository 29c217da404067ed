import { mostMarker } from "../text/citation-marker.ts";

/** The most characters of its end that are known. */
const mostKnown = 2 * mostMarker;

/** A text that grows piece by piece and knows how it ends: looking at the whole for each piece would take the square of its length. */
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

  /** What was appended since the last call. */
  takeNew(): string {
    const taken = this.#new;
    this.#new = "";
    return taken;
  }
}
