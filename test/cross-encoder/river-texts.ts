const words = ["river", "deep", "long", "city", "bridge", "water", "old", "stone"];
/** A hundred texts of 1 to 120 words, the same at every run. */
export const riverTexts: readonly string[] = Array.from({ length: 100 }, (_, index) =>
  Array.from(
    { length: 1 + ((index * 37) % 120) },
    (_word, place) => words[(index + place * 3) % 8],
  ).join(" "),
);
