/** So much text is looked at at once: some sentences, of which each copies all of it. */
const windowLength = 192;

// Any locale breaks as this one does; the machine's own could not be relied on.
const segmenter = new Intl.Segmenter("en", { granularity: "sentence" });

/**
 * Where sentences end by Unicode's rules, in ascending order, in time that grows with the text. V8 copies
 * the whole text into each segment, so `Intl.Segmenter` is given a window that begins where the last
 * sentence ended: no rule looks back over the end of a sentence.
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
      if (length > windowLength) break; // A wide window is for one long sentence only.
    }
    start += reached;
    length = reached === 0 ? length * 2 : windowLength;
  }
}

/**
 * What ends every look ahead: a letter, or the end of another sentence or of a paragraph. At least one
 * stands before each end, so that in a window all ends but the last one are certain.
 */
const decisive =
  /[\p{Lu}\p{Ll}\p{Lt}\p{Lo}\p{Sentence_Terminal}.\u2024\ufe52\uff0e\u0085\u2028\u2029]/u;

/** Where the last such character stands; sentences that end behind it may go on behind the window. */
function lastDecisive(window: string): number {
  for (let at = window.length - 1; at > 0; at -= 1) {
    if (decisive.test(window.charAt(at))) return at;
  }
  return 0;
}
