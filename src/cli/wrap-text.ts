import stringWidth from "string-width";

/**
 * Splits a text into lines of at most `width` columns: at blanks, else after a dash or slash, else inside a
 * word.
 */
export function wrapText(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  const add = (piece: string): void => {
    if (stringWidth((line + piece).trimEnd()) > width && line !== "") {
      lines.push(line.trimEnd());
      line = "";
    }
    line += piece;
  };
  for (const piece of text.match(/[^ /#_-]*[ /#_-]?/g) ?? []) {
    if (stringWidth(piece.trimEnd()) <= width) add(piece);
    else for (const { segment } of graphemes.segment(piece)) add(segment);
  }
  return [...lines, line.trimEnd()];
}

/** Splits text into characters as readers see them; cutting inside one would show a different character. */
const graphemes = new Intl.Segmenter();
