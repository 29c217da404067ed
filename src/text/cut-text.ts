/** Characters as readers count them: a letter with its marks, a flag, a family of emoji. */
const segmenter = new Intl.Segmenter("en");

/** The text with at most `most` UTF-16 units; what is cut off is told by `…`, and no character is cut in two. */
export function cutEnd(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, characterStart(text, most - 1)).trimEnd()}…` : text;
}

/** The first `head` and the last `tail` UTF-16 units with `…` between them, no character cut in two. */
export function cutMiddle(text: string, head: number, tail: number): string {
  if (text.length <= head + 1 + tail) return text;
  const end = text.length - tail;
  const start = characterStart(text, end);
  const next =
    start === end ? end : start + (segmenter.segment(text).containing(start)?.segment.length ?? 0);
  return `${text.slice(0, characterStart(text, head))}…${text.slice(next)}`;
}

/** Where the character begins that holds this unit. */
function characterStart(text: string, unit: number): number {
  return segmenter.segment(text).containing(unit)?.index ?? text.length;
}
