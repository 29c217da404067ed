import { RetrievalError } from "../../errors.ts";

/** One piece of a template: a special token, or the slot of a sequence; with its segment id. */
export type TemplatePiece =
  | { readonly token: number; readonly segment: number }
  | { readonly sequence: "first" | "second"; readonly segment: number };

/** How a model frames one text, or two texts read together, with special tokens. */
export interface SequenceTemplates {
  readonly single: readonly TemplatePiece[];
  readonly pair: readonly TemplatePiece[];
}

/** Special tokens of a prompt are part of its texts. */
export const promptTemplates: SequenceTemplates = {
  single: [{ sequence: "first", segment: 0 }],
  pair: [
    { sequence: "first", segment: 0 },
    { sequence: "second", segment: 0 },
  ],
};

/**
 * Reads the templates from the `post_processor` of a parsed `tokenizer.json`: `TemplateProcessing`,
 * `BertProcessing`, `RobertaProcessing`, or a sequence that contains one of them.
 */
export function readTemplates(tokenizerJson: unknown, origin: string): SequenceTemplates {
  const processors = flattenProcessors(field(tokenizerJson, "post_processor"));
  for (const processor of processors) {
    const type = field(processor, "type");
    if (type === "TemplateProcessing") return fromTemplateProcessing(processor, origin);
    if (type === "BertProcessing") return fromClsAndSep(processor, [0, 0, 0, 1, 1], origin);
    if (type === "RobertaProcessing") return fromClsAndSep(processor, [0, 0, 0, 0, 0, 0], origin);
  }
  throw new RetrievalError(
    "model-mismatch",
    `Expected a post_processor with a pair template in ${origin}, found none: this is not the tokenizer of a cross-encoder or bi-encoder.`,
  );
}

function flattenProcessors(processor: unknown): unknown[] {
  const inner = field(processor, "processors");
  return Array.isArray(inner) ? inner.flatMap(flattenProcessors) : [processor];
}

function fromTemplateProcessing(processor: unknown, origin: string): SequenceTemplates {
  const specials = field(processor, "special_tokens");
  const read = (name: "single" | "pair"): TemplatePiece[] => {
    const pieces = field(processor, name);
    if (!Array.isArray(pieces)) throw malformed(origin, name);
    return pieces.flatMap((piece: unknown) => readPiece(piece, specials, origin));
  };
  return { single: read("single"), pair: read("pair") };
}

function readPiece(piece: unknown, specials: unknown, origin: string): TemplatePiece[] {
  const sequence = field(piece, "Sequence");
  if (sequence !== undefined) {
    return [
      {
        sequence: field(sequence, "id") === "B" ? "second" : "first",
        segment: Number(field(sequence, "type_id") ?? 0),
      },
    ];
  }
  const special = field(piece, "SpecialToken");
  const ids = field(field(specials, String(field(special, "id"))), "ids");
  if (!Array.isArray(ids)) throw malformed(origin, "special_tokens");
  const segment = Number(field(special, "type_id") ?? 0);
  return ids.map((id: unknown) => ({ token: Number(id), segment }));
}

/** `[CLS] A [SEP] B [SEP]` for five pieces, `<s> A </s></s> B </s>` for six. */
function fromClsAndSep(
  processor: unknown,
  segments: readonly number[],
  origin: string,
): SequenceTemplates {
  const idOf = (name: "cls" | "sep"): number => {
    const entry = field(processor, name);
    const id: unknown = Array.isArray(entry) ? entry[1] : undefined;
    if (typeof id !== "number") throw malformed(origin, name);
    return id;
  };
  const cls = { token: idOf("cls"), segment: 0 };
  const sep = (segment: number): TemplatePiece => ({ token: idOf("sep"), segment });
  const last = segments.at(-1) ?? 0;
  const head: TemplatePiece[] = [cls, { sequence: "first", segment: 0 }, sep(0)];
  const middle = segments.length === 6 ? [sep(0)] : [];
  return {
    single: head,
    pair: [...head, ...middle, { sequence: "second", segment: last }, sep(last)],
  };
}

function malformed(origin: string, part: string): RetrievalError {
  return new RetrievalError(
    "model-damaged",
    `Expected \`${part}\` of the post_processor in ${origin} to be well formed, got a malformed one: delete the file and fetch it again.`,
  );
}

function field(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null && Object.hasOwn(value, name)
    ? Reflect.get(value, name)
    : undefined;
}
