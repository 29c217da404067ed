/** Characters per window: a few sentences, each of which copies the whole window. */
const windowLength = 192;

// A fixed locale: all locales break sentences alike, but the machine's own may be unsupported.
const segmenter = new Intl.Segmenter("en", { granularity: "sentence" });

/**
 * Yields the offsets where sentences end by Unicode's rules, in ascending order and linear time. V8 copies the
 * whole text into each segment, so `Intl.Segmenter` gets a window that begins at the last sentence end: no rule
 * looks back beyond it.
 *
 * @see Unicode Standard Annex #29, section 5, https://www.unicode.org/reports/tr29/
 */
export function* sentenceEnds(text: string): Generator<number, void, undefined> {
  let length = windowLength;
  for (let start = 0; start < text.length;) {
    const window = text.slice(start, start + length);
    const certain = start + length >= text.length ? window.length : lastDecisive(window);
    let reached = 0;
    for (const { index, segment } of segmenter.segment(window)) {
      const end = index + segment.length;
      if (end > certain) break;
      yield start + end;
      reached = end;
      if (length > windowLength) break; // A wide window is needed for a single long sentence only.
    }
    start += reached;
    length = reached === 0 ? length * 2 : windowLength;
  }
}

/**
 * Characters at which every lookahead ends: a letter, or the end of another sentence or of a paragraph. Each
 * sentence end has at least one before it, so all ends in a window are certain, except the last one.
 */
const decisive =
  /[\p{Lu}\p{Ll}\p{Lt}\p{Lo}\p{Sentence_Terminal}.\u2024\ufe52\uff0e\u0085\u2028\u2029]/u;

/**
 * The position of the last such character; sentence ends after it may change with the text after the window.
 */
function lastDecisive(window: string): number {
  for (let at = window.length - 1; at > 0; at -= 1) {
    if (decisive.test(window.charAt(at))) return at;
  }
  return 0;
}
