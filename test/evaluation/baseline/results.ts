import { uniformInt } from "pure-rand/distribution/uniformInt";
import { mersenne } from "pure-rand/generator/mersenne";
import type {
  ExperimentResult,
  Latency,
} from "../../../src/evaluation/experiment/experiment-result.ts";
import { deepFreeze } from "../../deep-freeze.ts";

interface PlantedResult {
  /** By system: the value of nDCG@10 of each question q0, q1, … */
  readonly systems: Readonly<Record<string, readonly number[]>>;
  /** Milliseconds. @defaultValue 100 */
  readonly p95?: number;
  readonly failures?: ReadonlyMap<string, string>;
  readonly measures?: readonly string[];
  /** @defaultValue q0, q1, … */
  readonly ids?: readonly string[];
  readonly textOf?: (id: string) => string;
  readonly gradeOf?: (id: string) => number;
}

/** The result of an experiment whose systems have these values, which throws when it is written to. */
export function resultOf(planted: PlantedResult): ExperimentResult {
  const { systems, p95 = 100, failures = new Map<string, string>() } = planted;
  const { measures = ["nDCG@10"], textOf = (id) => `Question ${id}?`, gradeOf = () => 2 } = planted;
  const [first = []] = Object.values(systems);
  const ids = planted.ids ?? first.map((_value, index) => `q${index}`);
  return deepFreeze({
    queries: new Map(ids.map((id) => [id, textOf(id)])),
    judgements: new Map(ids.map((id) => [id, new Map([[`${id}-answer`, gradeOf(id)]])])),
    measures,
    isSynthetic: false,
    systems: Object.entries(systems).map(([name, values]) => {
      const perQuery = new Map(ids.map((id, index) => [id, values[index] ?? 0]));
      const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
      const latency: Latency = { mean: p95 / 2, p50: p95 / 2, p95 };
      return {
        name,
        run: new Map(ids.map((id, index) => [id, rankingOf(id, values[index] ?? 0)])),
        evaluations: measures.map((measure) => ({ name: measure, perQuery, mean })),
        outcomes: new Map(),
        failures,
        latency: new Map([["total", latency]]),
      };
    }),
  });
}

/** Ten documents with the answer at the rank that gives this nDCG@10; without it at 0. */
function rankingOf(query: string, value: number): { id: string; score: number }[] {
  const place = value > 0 ? Math.round(2 ** (1 / value) - 1) : 0;
  return Array.from({ length: 10 }, (_slot, index) => ({
    id: index + 1 === place ? `${query}-answer` : `${query}-${index}`,
    score: -index,
  }));
}

/** The values of an answer at ranks 2 to 10. */
const between = Array.from({ length: 9 }, (_slot, index) => 1 / Math.log2(index + 3));

/**
 * Draws values of nDCG@10 as questions with one answer have them: often 1, often 0, and few values in between.
 */
export class Draws {
  readonly #random;

  constructor(seed: number) {
    this.#random = mersenne(seed);
  }

  /** Whether something happens that has this probability. */
  happens(probability: number): boolean {
    return uniformInt(this.#random, 0, 999_999) < probability * 1e6;
  }

  value(): number {
    if (this.happens(0.55)) return 1;
    if (this.happens(0.4)) return 0;
    return between[uniformInt(this.#random, 0, between.length - 1)] ?? 0;
  }

  /** The expected value. */
  readonly mean: number =
    0.55 + (0.45 * 0.6 * between.reduce((sum, value) => sum + value, 0)) / between.length;

  values(count: number): number[] {
    return Array.from({ length: count }, () => this.value());
  }
}
