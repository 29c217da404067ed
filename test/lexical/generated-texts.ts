/** The same numbers from the same seed, in 0..1, here and in `make_bm25_golden.py`. */
export function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Texts of `least` to `most` words, few of which are frequent: `t0` the most. */
export function generateTexts(
  count: number,
  { draw, least, most }: { draw: () => number; least: number; most: number },
): string[] {
  return Array.from({ length: count }, () => {
    const length = least + Math.floor(draw() * (most - least + 1));
    return Array.from({ length }, () => {
      const u = draw();
      return `t${Math.floor(600 * u * u * u)}`;
    }).join(" ");
  });
}
