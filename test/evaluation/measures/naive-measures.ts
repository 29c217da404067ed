/** The measures as a textbook writes them, slow and without a shared part: the twin of `src/evaluation/measures`. */
export function naiveMeasure(
  name: string,
  found: readonly string[],
  judged: ReadonlyMap<string, number>,
): number {
  const [head = "", at] = name.split("@");
  const [symbol = "", level] = head.replace(")", "").split("(rel=");
  const k = at === undefined ? found.length : Number(at);
  const isRelevant = (id: string | undefined): boolean =>
    id !== undefined && (judged.get(id) ?? 0) >= Number(level ?? 1);
  const relevant = [...judged.keys()].filter(isRelevant);
  const ranks = Array.from({ length: k }, (_, index) => index + 1);
  const hitsUpTo = (rank: number): number => found.slice(0, rank).filter(isRelevant).length;
  switch (symbol) {
    case "P":
      return hitsUpTo(k) / k;
    case "R":
      return relevant.length === 0 ? 0 : hitsUpTo(k) / relevant.length;
    case "Success":
      return found.slice(0, k).some(isRelevant) ? 1 : 0;
    case "RR":
      return 1 / (ranks.find((rank) => isRelevant(found[rank - 1])) ?? Infinity);
    case "AP":
      return relevant.length === 0
        ? 0
        : sum(ranks.map((rank) => (isRelevant(found[rank - 1]) ? hitsUpTo(rank) / rank : 0))) /
            relevant.length;
    case "Judged":
      return (
        found.slice(0, k).filter((id) => judged.has(id)).length /
        Math.max(1, Math.min(k, found.length))
      );
    case "nDCG": {
      const depth = at === undefined ? Infinity : k;
      const gains = [...judged.values()].toSorted((a, b) => a - b).toReversed();
      const best = dcg(gains.slice(0, depth));
      return best === 0 ? 0 : dcg(found.slice(0, depth).map((id) => judged.get(id) ?? 0)) / best;
    }
    default:
      throw new Error(`There is no naive ${name}.`);
  }
}

function dcg(gains: readonly number[]): number {
  return sum(gains.map((gain, index) => (gain > 0 ? gain : 0) / (Math.log(index + 2) / Math.LN2)));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
