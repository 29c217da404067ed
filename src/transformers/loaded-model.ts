import { messageOf, RetrievalError } from "../errors.ts";
import { encodeAsReference, type Encode } from "../model/tokens/encode.ts";
import type { PackedSequence, PackingOptions, Truncation } from "../model/tokens/packing.ts";
import type { SequenceTemplates } from "../model/tokens/pair-template.ts";
import { floatsOf, widened } from "../model/tokens/tensor-data.ts";
import { readWindow, windowOf, type ModelWindow } from "../model/tokens/window.ts";
import { probeTemplates, type FramedSequence } from "./probe-templates.ts";

/** A tokenizer of transformers.js, as `AutoTokenizer.from_pretrained` returns it. */
export interface TransformersTokenizer {
  (text: string, options: TokenizerOptions): unknown;
  /** Length of the window in tokens that the tokenizer states. */
  readonly model_max_length: number;
}

/** What this package asks of a tokenizer; the names are those of transformers.js. */
export interface TokenizerOptions {
  readonly text_pair?: string;
  readonly add_special_tokens: boolean;
  readonly return_tensor: boolean;
  readonly return_token_type_ids: boolean;
}

/** A model of transformers.js, as `AutoModel…from_pretrained` returns it. */
export interface TransformersModel {
  (inputs: Record<string, unknown>): Promise<unknown>;
  /** The content of the model's `config.json`. */
  readonly config: object;
}

/** An output of one run: its numbers, and the size of each dimension. */
export interface Output {
  readonly values: Float32Array;
  readonly dims: readonly number[];
}

/** A tokenizer and a model of transformers.js, with the interface of this package. */
export class LoadedModel {
  /** Turns a text into token ids, without special tokens and without truncation. */
  readonly encode: Encode;
  readonly #model: TransformersModel;
  readonly #templates: SequenceTemplates;
  readonly #window: ModelWindow;
  /** The class of tensors that the model accepts: it refuses those of another copy of the library. */
  readonly #Tensor: unknown;

  constructor(tokenizer: TransformersTokenizer, model: TransformersModel) {
    this.#model = model;
    const encode: Encode = (text) => frameBy(tokenizer, text, { add_special_tokens: false }).ids;
    this.#templates = probeTemplates({
      encode,
      frame: (text, pair) =>
        frameBy(tokenizer, text, {
          add_special_tokens: true,
          ...(pair === undefined ? {} : { text_pair: pair }),
        }),
    });
    // Only BERT's normaliser turns each ideograph into a word.
    const isBert = encode("a中b").join() === encode("a 中 b").join();
    this.encode = encodeAsReference(encode, isBert ? "bert" : undefined);
    const config = Object.fromEntries(Object.entries(model.config));
    this.#window = readWindow(config, tokenizer.model_max_length, "the model's config.json");
    const sample = tokenizer("a", {
      add_special_tokens: true,
      return_tensor: true,
      return_token_type_ids: true,
    });
    this.#Tensor = field(field(sample, "input_ids"), "constructor");
  }

  /** How to frame and truncate texts, in the model's own window or in one of `maxTokens`. */
  packing(maxTokens: number | undefined, truncation: Truncation): PackingOptions {
    const window = windowOf(this.#window, maxTokens);
    return { templates: this.#templates, maxTokens: window, truncation };
  }

  /**
   * Runs the model on one sequence and returns its output of the first of these names that it has.
   *
   * @throws `model-mismatch` if it has none; `remedy` says what to do; `disposed` or `worker-failed` if it does
   * not run
   */
  async run(
    { ids, segments }: PackedSequence,
    outputs: readonly string[],
    remedy: string,
  ): Promise<Output> {
    const inputs = {
      input_ids: this.#tensor(ids),
      attention_mask: this.#tensor(new Int32Array(ids.length).fill(1)),
      token_type_ids: this.#tensor(Int32Array.from(segments)),
    };
    let given: unknown;
    try {
      given = await this.#model(inputs);
    } catch (error) {
      throw runFailure(error);
    }
    for (const name of outputs) {
      const tensor = field(given, name);
      const dims = field(tensor, "dims");
      if (!Array.isArray(dims)) continue;
      const values = floatsOf({ data: field(tensor, "data"), type: field(tensor, "type") });
      return { values, dims: dims.map(Number) };
    }
    const isTensor = (name: string): boolean => Array.isArray(field(field(given, name), "dims"));
    const names = Object.keys(Object(given)).filter(isTensor);
    throw new RetrievalError(
      "model-mismatch",
      `Expected the model to return \`${outputs.join("` or `")}\`, got ${names.join(", ") || "none"}: ${remedy}.`,
    );
  }

  #tensor(values: Int32Array): unknown {
    if (typeof this.#Tensor !== "function") {
      throw new RetrievalError(
        "model-mismatch",
        "Expected the tokenizer to return tensors: use one of transformers.js 3.8 or 4.",
      );
    }
    return Reflect.construct(this.#Tensor, ["int64", widened(values), [1, values.length]]);
  }
}

/** Only the message of ONNX Runtime tells that a session was disposed of. */
function runFailure(cause: unknown): RetrievalError {
  const reason = messageOf(cause);
  return /disposed|invalid session/i.test(reason)
    ? new RetrievalError(
        "disposed",
        "The model of transformers.js was used after dispose(): load it again, or dispose of it later.",
        { cause },
      )
    : new RetrievalError("worker-failed", `The model of transformers.js failed: ${reason}`, {
        cause,
      });
}

function frameBy(
  tokenizer: TransformersTokenizer,
  text: string,
  options: Pick<TokenizerOptions, "text_pair" | "add_special_tokens">,
): FramedSequence {
  const encoding = tokenizer(text, {
    ...options,
    return_tensor: false,
    return_token_type_ids: true,
  });
  const ids = field(encoding, "input_ids");
  const segments = field(encoding, "token_type_ids");
  if (isNumbers(ids)) return { ids, segments: isNumbers(segments) ? segments : [] };
  throw new RetrievalError(
    "model-mismatch",
    "Expected the tokenizer to return `input_ids` as numbers: use one of transformers.js 3.8 or 4.",
  );
}

function isNumbers(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((each) => typeof each === "number");
}

/** A property of anything, also an inherited one. */
function field(value: unknown, name: string): unknown {
  return Reflect.get(Object(value), name);
}
