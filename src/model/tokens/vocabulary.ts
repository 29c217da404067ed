/** A token that the tokenizer finds in a text before it splits the rest. */
interface AddedToken {
  readonly id: number;
  /** Whether it is searched for in the normalised text instead of the text itself. */
  readonly isNormalized: boolean;
}

/** The tokens of a parsed `tokenizer.json` by their exact spelling. */
export class Vocabulary {
  readonly #added: ReadonlyMap<string, AddedToken>;
  readonly #pieces: unknown;

  constructor(tokenizerJson: unknown) {
    const added: unknown = Reflect.get(Object(tokenizerJson), "added_tokens");
    this.#added = new Map(Array.isArray(added) ? added.flatMap(readAdded) : []);
    this.#pieces = Reflect.get(Object(Reflect.get(Object(tokenizerJson), "model")), "vocab");
  }

  added(piece: string): AddedToken | undefined {
    return this.#added.get(piece);
  }

  /** `undefined` if the piece is not one token. */
  idOf(piece: string): number | undefined {
    const added = this.#added.get(piece);
    if (added) return added.id;
    if (Array.isArray(this.#pieces)) {
      const index = this.#pieces.findIndex(
        (entry: unknown) => Reflect.get(Object(entry), 0) === piece,
      );
      return index === -1 ? undefined : index;
    }
    const pieces: object = Object(this.#pieces);
    const id: unknown = Object.hasOwn(pieces, piece) ? Reflect.get(pieces, piece) : undefined;
    return typeof id === "number" ? id : undefined;
  }

  /** The pieces by their ids. */
  pieces(): ReadonlyMap<number, string> {
    const own: Iterable<[number, string]> = Array.isArray(this.#pieces)
      ? this.#pieces.map((entry: unknown, id) => [id, String(Reflect.get(Object(entry), 0))])
      : Object.entries(Object(this.#pieces)).map(([piece, id]) => [Number(id), piece]);
    return new Map([...own, ...Array.from(this.#added, ([piece, { id }]) => [id, piece] as const)]);
  }
}

function readAdded(token: unknown): [string, AddedToken][] {
  const fields: object = Object(token);
  const [content, id]: unknown[] = ["content", "id"].map((name) => Reflect.get(fields, name));
  if (typeof content !== "string" || typeof id !== "number") return [];
  return [[content, { id, isNormalized: Reflect.get(fields, "normalized") === true }]];
}
