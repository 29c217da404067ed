/** @import { ColumnView, SearchView } from "./types.js" */

/** @type {Readonly<Record<string, Pick<ColumnView, "title" | "hint">>>} */
const firstLists = {
  dense: { title: "Dense", hint: "by the vectors of the bi-encoder" },
  bm25: { title: "BM25", hint: "by the words in common" },
  fused: { title: "Fused", hint: "both lists in one" },
};

/**
 * The lists from left to right. The last one is the result, followed by the passages that were left out.
 *
 * @param {SearchView} found
 * @returns {ColumnView[]}
 */
export function columnsOf({ lists, result, stages, model }) {
  const first = lists.flatMap(({ name, entries }) => {
    const words = firstLists[name];
    return words ? [{ name, ...words, entries, kept: 0 }] : [];
  });
  const kept = new Set(result.map(({ id }) => id));
  const rest = lists.at(-1)?.entries.filter(({ id }) => !kept.has(id)) ?? [];
  const isReranked = lists.some(({ name }) => name === "reranked");
  const isBlended = stages.some(({ name }) => name === "blend");
  const hint = isBlended
    ? "scores of reranker and first stage, blended"
    : `by relevance${model ? `, ${model}` : ""}`;
  return [
    ...first,
    {
      name: "result",
      title: isReranked ? (isBlended ? "Blended" : "Reranked") : "Result",
      hint: isReranked ? hint : "the first stage alone",
      entries: [...result, ...rest],
      kept: result.length,
    },
  ];
}

/**
 * The ranks of each passage in the lists before the result, in words: `Dense 1 · BM25 3`.
 *
 * @param {readonly ColumnView[]} columns
 * @returns {ReadonlyMap<string, string>}
 */
export function placesIn(columns) {
  /** @type {Map<string, string>} */
  const places = new Map();
  for (const { title, entries } of columns.slice(0, -1)) {
    for (const { id, rank } of entries) {
      const before = places.get(id);
      places.set(id, `${before === undefined ? "" : `${before} · `}${title} ${rank}`);
    }
  }
  return places;
}
