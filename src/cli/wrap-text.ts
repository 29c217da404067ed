/**
 * Splits a text into lines of at most `width` columns: at blanks, else after a dash or slash, else inside a
 * word.
 */
export function wrapText(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  const add = (piece: string): void => {
    if (widthOf((line + piece).trimEnd()) > width && line !== "") {
      lines.push(line.trimEnd());
      line = "";
    }
    line += piece;
  };
  for (const piece of text.match(/[^ /#_-]*[ /#_-]?/g) ?? []) {
    if (widthOf(piece.trimEnd()) <= width) add(piece);
    else for (const { segment } of graphemes.segment(piece)) add(segment);
  }
  return [...lines, line.trimEnd()];
}

/** Number of columns that a text takes; characters of Chinese, Japanese and Korean, and emoji, take two. */
export function widthOf(text: string): number {
  let width = 0;
  for (const { segment } of graphemes.segment(text)) width += wideCharacter.test(segment) ? 2 : 1;
  return width;
}

/** Splits text into characters as readers see them; cutting inside one would show a different character. */
const graphemes = new Intl.Segmenter();

const wideCharacter =
  /[\u1100-\u115F\u2E80-\u303E\u3041-\uA4CF\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF01-\uFF60\uFFE0-\uFFE6]|\p{Emoji_Presentation}/u;
