/** Scorers that read the texts one after the other; all but the first read only the best of the one before. */
export interface CascadePart {
  readonly name: string;
  /** How many texts it reads; of no meaning for the first scorer, which reads all. */
  readonly count: number;
}

/**
 * The name of a cascade, which says all that its scores depend on:
 * `rerank-minilm-l3 → rerank-minilm-l6 over the best 20`.
 */
export function cascadeName(parts: readonly CascadePart[]): string {
  return parts
    .map(({ name, count }, index) => (index === 0 ? name : `${name} over the best ${count}`))
    .join(" → ");
}
