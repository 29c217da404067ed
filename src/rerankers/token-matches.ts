import type { OnnxModel } from "../model/onnx-model.ts";
import { TokenEncoder, type TextVectors } from "./token-encoder.ts";

/** A token of the query and the token of the text that is most similar to it. */
export interface TokenMatch {
  readonly token: string;
  /** Index of the most similar token in `tokens`; -1 if the text has no tokens. */
  readonly index: number;
  /** The dot product of the two vectors: their cosine, as they are normalised; 0 if the text has no tokens. */
  readonly similarity: number;
}

/** How MaxSim compares a query with a text, token by token. */
export interface TokenMatches {
  /** The tokens of the text, as the tokenizer spells them, without those that are not compared. */
  readonly tokens: readonly string[];
  /** One for each token of the query, in its order; the similarities add up to the score of MaxSim. */
  readonly matches: readonly TokenMatch[];
}

/** For each token of the query the most similar token of the text; the first one if several are. */
export function tokenMatches(
  query: TextVectors,
  text: TextVectors,
  pieces: ReadonlyMap<number, string>,
): TokenMatches {
  const spelled = ({ ids }: TextVectors): string[] =>
    Array.from(ids, (id) => pieces.get(id) ?? `#${id}`);
  const matches = spelled(query).map((token, position): TokenMatch => {
    let [best, most] = [-1, 0];
    for (let index = 0; index < text.ids.length; index += 1) {
      const similarity = dotProduct(query, position, text, index);
      if (best === -1 || similarity > most) [best, most] = [index, similarity];
    }
    return { token, index: best, similarity: most };
  });
  return { tokens: spelled(text), matches };
}

function dotProduct(a: TextVectors, aIndex: number, b: TextVectors, bIndex: number): number {
  const { width } = a;
  let sum = 0;
  for (let place = 0; place < width; place += 1) {
    sum += (a.values[aIndex * width + place] ?? 0) * (b.values[bIndex * width + place] ?? 0);
  }
  return sum;
}

/** The vectors of one text; `undefined` if the call was ended. */
export async function encodeOne(
  encoder: TokenEncoder,
  text: string,
  signal: AbortSignal | undefined,
): Promise<TextVectors | undefined> {
  let vectors: TextVectors | undefined;
  await encoder.encode([text], {
    signal,
    onVectors: (_index, found) => (vectors = found),
    onFailure: (_index, error) => {
      throw error;
    },
  });
  return vectors;
}

/** Reads the spelling of a model's tokens once. */
export class TokenSpelling {
  #pieces: Promise<ReadonlyMap<number, string>> | undefined;

  async of(model: OnnxModel): Promise<ReadonlyMap<number, string>> {
    const reading = (this.#pieces ??= model.vocabulary().then((known) => known.pieces()));
    reading.catch(() => (this.#pieces = undefined));
    return reading;
  }
}
