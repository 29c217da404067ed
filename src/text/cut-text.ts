/** Splits text into characters as readers see them: a letter with its marks, a flag, a family of emoji. */
const segmenter = new Intl.Segmenter("en");

/** Cuts a text to at most `most` UTF-16 units, never inside a character; `…` marks the cut. */
export function cutEnd(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, characterStart(text, most - 1)).trimEnd()}…` : text;
}

/** The first `head` and the last `tail` UTF-16 units with `…` between them, never cut inside a character. */
export function cutMiddle(text: string, head: number, tail: number): string {
  if (text.length <= head + 1 + tail) return text;
  const end = text.length - tail;
  const start = characterStart(text, end);
  const next =
    start === end ? end : start + (segmenter.segment(text).containing(start)?.segment.length ?? 0);
  return `${text.slice(0, characterStart(text, head))}…${text.slice(next)}`;
}

/** The start of the character that contains this unit. */
function characterStart(text: string, unit: number): number {
  return segmenter.segment(text).containing(unit)?.index ?? text.length;
}
