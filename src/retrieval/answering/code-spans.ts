/** Maps the place of backticks that open code in a line to the end of the next ones of their number, which close it. */
export function closingsIn(line: string): ReadonlyMap<number, number> {
  const closings = new Map<number, number>();
  const ends = new Map<number, number>();
  for (const { 0: ticks, index } of [...line.matchAll(/`+/g)].toReversed()) {
    const end = ends.get(ticks.length);
    if (end !== undefined) closings.set(index, end);
    ends.set(ticks.length, index + ticks.length);
  }
  return closings;
}
