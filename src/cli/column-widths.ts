/** Under this a column is not worth its place. */
const leastWidth = 6;

/**
 * Widths of columns that are together at most `most`: the widest ones give way first, and those that are narrow keep
 * what they have. Where even the least widths are too wide, these.
 */
export function columnWidths(natural: readonly number[], most: number): number[] {
  let widest = Math.max(...natural);
  const widthsAt = (limit: number): number[] => natural.map((width) => Math.min(width, limit));
  while (widest > leastWidth && sum(widthsAt(widest)) > most) widest -= 1;
  const widths = widthsAt(widest);
  // What rounding left over goes to the first of those that were cut.
  let left = most - sum(widths);
  return widths.map((width, index) => {
    if (left <= 0 || width >= (natural[index] ?? 0)) return width;
    left -= 1;
    return width + 1;
  });
}

function sum(widths: readonly number[]): number {
  return widths.reduce((total, width) => total + width, 0);
}
