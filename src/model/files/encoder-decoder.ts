import { excerptOf } from "../../text/printable.ts";
import { countIn, padTokenOf } from "../tokens/window.ts";

type Content = Readonly<Record<string, unknown>>;

/** How the decoder of a model is asked for its first token. */
export interface DecoderSettings {
  /** What the decoder reads before it has written anything. */
  readonly startToken: number;
}

/** The tokens with which a model says that a document is relevant, and that it is not. */
interface Answers {
  readonly yes: string;
  readonly no: string;
}

/** The answers by the type of the model. mT5 answers in other words than T5, though its vocabulary has both. */
const answersByType: ReadonlyMap<unknown, Answers> = new Map([
  ["t5", { yes: "▁true", no: "▁false" }],
  ["mt5", { yes: "▁yes", no: "▁no" }],
]);

/**
 * How a T5 or mT5 with a decoder answers; `undefined` for other models.
 *
 * @see `prediction_tokens` of pygaggle
 */
export function answersOfT5({ model_type: type, architectures }: Content): Answers | undefined {
  const hasDecoder =
    Array.isArray(architectures) &&
    architectures.some((each) => /^M?T5ForConditionalGeneration$/.test(String(each)));
  return hasDecoder ? answersByType.get(type) : undefined;
}

/** The decoder's settings; `undefined` if the model is not a T5 with a decoder. */
export function decoderOf(config: Content, origin: string): DecoderSettings | undefined {
  if (!answersOfT5(config)) return undefined;
  const startToken = countIn(config, "decoder_start_token_id", origin, 0);
  return { startToken: startToken ?? padTokenOf(config, origin) };
}

/** How many tokens monoT5 was trained with; its relative positions have no limit. */
export const windowOfT5 = 512;

/** What to do about a missing graph of a model with an encoder and a decoder; "" for other models. */
export function exportHint(config: Content, repository: string | undefined): string {
  const { model_type: type, is_encoder_decoder: isEncoderDecoder } = config;
  if (answersOfT5(config)) {
    return `This model has an encoder and a decoder, which are two graphs: write both with \`optimum-cli export onnx --task text2text-generation --model ${repository ?? "MODEL"} FOLDER\`, and pass that folder.`;
  }
  return isEncoderDecoder === true
    ? `This model, a ${excerptOf(String(type))}, has an encoder and a decoder, which is supported for T5 and mT5 only.`
    : "";
}
