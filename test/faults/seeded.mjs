import { uniformFloat64 } from "pure-rand/distribution/uniformFloat64";
import { mersenne } from "pure-rand/generator/mersenne";

/** Numbers from 0 to 1, without 1, that a seed repeats. */
export function seeded(seed) {
  const generator = mersenne(seed);
  return () => uniformFloat64(generator);
}

/** A whole number from 0 up to `end`, without it. */
export function below(random, end) {
  return Math.floor(random() * end);
}

/** One of the list. */
export function oneOf(random, list) {
  return list[below(random, list.length)];
}
