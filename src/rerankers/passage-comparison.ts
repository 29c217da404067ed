import type { OnnxModel } from "../model/onnx-model.ts";
import type { ComparedVectors } from "../model/workers/worker-messages.ts";
import type { TextVectors } from "./token-encoder.ts";

/** The vectors of one passage. */
interface PassageVectors {
  readonly values: Float32Array<ArrayBuffer> | Int8Array<ArrayBuffer>;
  /** What each int8 vector is multiplied by. */
  readonly scales?: Float32Array<ArrayBuffer> | undefined;
  readonly truncatedTokens: number;
}

interface Waiting {
  readonly passage: string;
  readonly vectors: PassageVectors;
}

/** Called with the score of a passage. */
type Tell = (passage: string, score: number, truncatedTokens: number) => void;

/**
 * Compares passages with one query by MaxSim in the model's workers, in groups: what is added in one go is compared
 * together, but no more vectors than a worker compares in a few milliseconds.
 */
export class PassageComparison {
  readonly #model: OnnxModel;
  readonly #query: TextVectors;
  readonly #tell: Tell;
  readonly #underWay = new Set<Promise<void>>();
  #waiting: Waiting[] = [];
  #numbers = 0;

  constructor(model: OnnxModel, query: TextVectors, tell: Tell) {
    this.#model = model;
    this.#query = query;
    this.#tell = tell;
  }

  add(passage: string, vectors: PassageVectors): void {
    if (this.#waiting.length === 0) queueMicrotask(() => this.#compare());
    this.#waiting.push({ passage, vectors });
    this.#numbers += vectors.values.length;
    if (this.#numbers >= numbersAtOnce) this.#compare();
  }

  /** Resolves when all that was added is scored. */
  async finish(): Promise<void> {
    this.#compare();
    await Promise.all(this.#underWay);
  }

  #compare(): void {
    const group = this.#waiting;
    if (group.length === 0) return;
    this.#waiting = [];
    this.#numbers = 0;
    const comparing = this.#score(group);
    this.#underWay.add(comparing);
    comparing.catch(() => undefined); // `finish` rejects.
  }

  async #score(group: readonly Waiting[]): Promise<void> {
    const { values, width } = this.#query;
    const scores = await this.#model.compare({
      width,
      query: values,
      passages: concatenate(group.map(({ vectors }) => vectors)),
      ends: endsOf(group, width),
    });
    const isAveraged = this.#model.settings.multiVector?.isAveraged === true;
    const divisor = isAveraged ? Math.max(1, values.length / width) : 1;
    for (const [place, { passage, vectors }] of group.entries()) {
      this.#tell(passage, (scores[place] ?? Number.NaN) / divisor, vectors.truncatedTokens);
    }
  }
}

/** About 4000 vectors of 384 numbers: 6 MB as floats, and some milliseconds of work. */
const numbersAtOnce = 1_500_000;

function endsOf(group: readonly Waiting[], width: number): Int32Array<ArrayBuffer> {
  let end = 0;
  return Int32Array.from(group, ({ vectors }) => (end += vectors.values.length / width));
}

/** Puts the vectors of all passages one after the other; either all of them have scales, or none. */
function concatenate(group: readonly PassageVectors[]): ComparedVectors {
  const total = group.reduce((sum, { values }) => sum + values.length, 0);
  const isInt8 = group.some(({ values }) => values instanceof Int8Array);
  const values = isInt8 ? new Int8Array(total) : new Float32Array(total);
  let end = 0;
  for (const vectors of group) {
    values.set(vectors.values, end);
    end += vectors.values.length;
  }
  const scales = group.flatMap((each) => (each.scales ? [...each.scales] : []));
  return { buffer: values.buffer, scales: isInt8 ? Float32Array.from(scales) : undefined };
}
