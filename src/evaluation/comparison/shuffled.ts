import { uniformInt } from "pure-rand/distribution/uniformInt";
import { startResampling } from "./resampling.ts";

/**
 * A seeded shuffle of the ids, independent of their order.
 *
 * @see Durstenfeld (Communications of the ACM 1964), https://doi.org/10.1145/364520.364540
 */
export function shuffled(ids: Iterable<string>, seed: number | undefined): string[] {
  const { random } = startResampling({ seed });
  const deck = [...ids].toSorted();
  for (let last = deck.length - 1; last > 0; last -= 1) {
    const other = uniformInt(random, 0, last);
    [deck[last], deck[other]] = [deck[other] ?? "", deck[last] ?? ""];
  }
  return deck;
}
