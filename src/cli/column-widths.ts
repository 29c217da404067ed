/** A narrower column is not readable. */
const leastWidth = 6;

/**
 * Distributes at most `most` characters among columns: the widest ones shrink first, and narrow ones keep their
 * width. If even the minimum widths are too wide, returns those.
 */
export function columnWidths(natural: readonly number[], most: number): number[] {
  let widest = Math.max(...natural);
  const widthsAt = (limit: number): number[] => natural.map((width) => Math.min(width, limit));
  while (widest > leastWidth && sum(widthsAt(widest)) > most) widest -= 1;
  const widths = widthsAt(widest);
  // The first shrunk columns get the remainder of the rounding.
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
