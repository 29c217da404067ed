/** Characters that are analysed in a few milliseconds. */
const pieceLength = 16_384;

const blank = /[ \t\r\n]/g;

/** Splits a text into pieces, each of which ends after a blank; a text without blanks stays whole. */
export function* textPieces(
  text: string,
  length: number = pieceLength,
): Generator<string, void, undefined> {
  for (let start = 0; start < text.length;) {
    blank.lastIndex = start + length;
    const found = blank.exec(text);
    const end = found ? found.index + 1 : text.length;
    yield text.slice(start, end);
    start = end;
  }
}
