import { RetrievalError } from "../errors.ts";
import type { OnnxModel } from "../model/onnx-model.ts";
import type { PackingOptions } from "../model/tokens/packing.ts";
import { packRead, type TextRole, type TokenReading } from "../model/tokens/token-reading.ts";

/** The vectors of the tokens of a text that are compared, one after the other. */
export interface TextVectors {
  readonly values: Float32Array<ArrayBuffer>;
  /** The ids of these tokens. */
  readonly ids: Int32Array;
  /** How many numbers a vector has. */
  readonly width: number;
  /** How many tokens of the text did not fit the window. */
  readonly truncatedTokens: number;
}

/** The callbacks of `TokenEncoder.encode`. */
interface EncodeListener {
  readonly onVectors: (index: number, vectors: TextVectors) => void;
  /** Called for a text on which two workers failed. */
  readonly onFailure: (index: number, error: RetrievalError) => void;
  readonly signal?: AbortSignal | undefined;
}

/** Turns texts of one role into token vectors. */
export class TokenEncoder {
  readonly #model: OnnxModel;
  readonly #reading: TokenReading;
  readonly #packing: PackingOptions;

  /** `maxTokens` replaces the length of the model's window. */
  constructor(model: OnnxModel, role: TextRole, maxTokens?: number) {
    const reading = model.readings[role];
    const { positionLimit } = model.settings;
    const own = reading.maxTokens && Math.min(reading.maxTokens, positionLimit);
    this.#model = model;
    this.#reading = reading;
    this.#packing = model.packing(maxTokens ?? own);
  }

  /** All that decides which vectors a text of this role has, apart from the graph. */
  get settings(): object {
    const { marker, prefix, skipped } = this.#reading;
    const { maxTokens } = this.#packing;
    return {
      marker: [...marker],
      prefix,
      skipped: [...skipped].toSorted((a, b) => a - b),
      maxTokens,
    };
  }

  async encode(
    texts: readonly string[],
    { onVectors, onFailure, signal }: EncodeListener,
  ): Promise<void> {
    const { prefix, skipped } = this.#reading;
    await this.#model.run({
      texts: prefix === "" ? texts : texts.map((text) => prefix + text),
      signal,
      pack: (tokens) => packRead(tokens, this.#reading, this.#packing),
      onRow: (index, row, { ids, truncatedTokens }) => {
        const width = row.length / ids.length;
        this.#requireWidth(width);
        onVectors(index, { ...compared(row, ids, skipped), width, truncatedTokens });
      },
      onFailure,
    });
  }

  /** A graph without the projection of its model would give vectors that mean nothing in a comparison. */
  #requireWidth(width: number): void {
    const expected = this.#model.settings.multiVector?.dimensions;
    if (expected === undefined || expected === width) return;
    throw new RetrievalError(
      "model-mismatch",
      `Expected token vectors of ${expected} numbers, got ${width}: pass as \`file\` a graph that contains the projection.`,
    );
  }
}

/** Copies the vectors whose tokens are not skipped; the row is a view of the whole micro-batch. */
function compared(
  row: Float32Array,
  ids: Int32Array,
  skipped: ReadonlySet<number>,
): Pick<TextVectors, "values" | "ids"> {
  if (skipped.size === 0) return { values: row.slice(), ids };
  const width = row.length / ids.length;
  const kept = [...ids.keys()].filter((position) => !skipped.has(ids[position] ?? 0));
  const values = new Float32Array(kept.length * width);
  for (const [place, position] of kept.entries()) {
    values.set(row.subarray(position * width, (position + 1) * width), place * width);
  }
  return { values, ids: Int32Array.from(kept, (position) => ids[position] ?? 0) };
}
