const words =
  "retrieval finds passages that answer a question while the reranker reads each of them".split(
    " ",
  );

/** Passages of about `tokens` tokens, all different, and different for every `salt`. */
export function passagesOf(count, tokens, salt = 0) {
  return Array.from({ length: count }, (_passage, index) =>
    [
      `${salt} ${index}`,
      ...Array.from(
        { length: Math.round(tokens * 0.85) - 4 },
        (_word, place) => words[(index + salt + place * 7) % words.length],
      ),
    ].join(" "),
  );
}

export function median(values) {
  return values.toSorted((a, b) => a - b)[values.length >> 1];
}
