import { kindOf, RetrievalError } from "../errors.ts";
import { ThoughtFilter, withoutThoughts } from "./thoughts.ts";

/**
 * The kind of a reply: a complete `text`; a text or tool call that was `cut-off` at the token limit or `filtered` by the
 * provider; a `refusal`; or, without text, a `tool-call`, `reasoning` only, or `empty`.
 */
export type ReplyKind =
  | "text"
  | "cut-off"
  | "filtered"
  | "refusal"
  | "tool-call"
  | "reasoning"
  | "empty";

/** A model's reply. */
export interface ModelReply {
  /** Without thoughts. */
  readonly text: string;
  readonly kind: ReplyKind;
  /** The provider's name for it, such as `stop`, `max_tokens` or `SAFETY`, if known. */
  readonly finishReason: string | undefined;
  /** The model's words of refusal, if it marked them as such. */
  readonly refusal: string;
}

type Fields = Readonly<Record<string, unknown>>;

const cutOffReasons =
  /^(?:length|max_?(?:output_)?tokens|model_length|model_context_window_exceeded)$/i;
const filterReasons =
  /content_?filter|^(?:safety|image_safety|blocklist|prohibited_content|spii|recitation|guardrail_intervened)$/i;

/** `invalid_tool_calls` are those whose arguments LangChain could not parse. */
const toolCallKeys = ["tool_calls", "tool_call_chunks", "invalid_tool_calls"];

/** Reads a model's output, whole or in pieces: strings, messages and their chunks, and content blocks. */
export class ReplyReader {
  /** The option that holds the model, for errors. */
  readonly #option: string;
  readonly #thoughts = new ThoughtFilter();
  #hasText = false;
  #hasReasoning = false;
  #hasToolCall = false;
  #refusal = "";
  #finishReason: string | undefined;

  constructor(option: string) {
    this.#option = option;
  }

  /** Takes the whole output of a model, or the next chunk, and returns its text without thoughts. */
  push(output: unknown): string {
    return this.#give(this.#thoughts.push(this.#read(output)));
  }

  /** Returns the remaining text. */
  end(): string {
    const isCutOff = cutOffReasons.test(this.#finishReason ?? "");
    return this.#give(this.#thoughts.end({ isCutOff }));
  }

  /** The reply so far, without its text. */
  get reply(): Omit<ModelReply, "text"> {
    const [finishReason, refusal] = [this.#finishReason, this.#refusal];
    return { kind: this.#kind(), finishReason, refusal };
  }

  #give(text: string): string {
    this.#hasText ||= text.trim() !== "";
    return text;
  }

  #kind(): ReplyKind {
    const reason = this.#finishReason ?? "";
    if (filterReasons.test(reason)) return "filtered";
    if (this.#refusal !== "" || /^refusal$/i.test(reason)) return "refusal";
    const isCutOff = cutOffReasons.test(reason);
    if (this.#hasText) return isCutOff ? "cut-off" : "text";
    // The arguments of a tool call may be cut off inside a number.
    if (this.#hasToolCall) return isCutOff ? "cut-off" : "tool-call";
    if (this.#hasReasoning || this.#thoughts.hasThoughts) return "reasoning";
    return isCutOff ? "cut-off" : "empty";
  }

  #read(output: unknown): string {
    if (typeof output === "string") return output;
    if (Array.isArray(output)) return this.#readBlocks(output);
    const message = fieldsOf(output);
    const { content, contentBlocks, text } = message;
    if (typeof text !== "string" && typeof content !== "string" && !Array.isArray(content)) {
      throw new RetrievalError(
        "model-mismatch",
        `Expected a string or a message from \`${this.#option}\`, got ${kindOf(output)}: pass a chat model, a completion model, or a chain that ends in one or in StringOutputParser.`,
      );
    }
    const kwargs = fieldsOf(message["additional_kwargs"]);
    const refused = this.#refusal;
    const blocks = Array.isArray(contentBlocks) ? contentBlocks : content;
    const read = this.#readBlocks(
      Array.isArray(blocks) ? blocks : [{ type: "text", text: content ?? text }],
    );
    if (this.#refusal === refused) this.#refusal += textOf(kwargs["refusal"]);
    this.#hasReasoning ||= textOf(kwargs["reasoning_content"]) !== "";
    this.#hasToolCall ||=
      toolCallKeys.some((key) => hasItems(message[key])) ||
      hasItems(kwargs["tool_calls"]) ||
      textOf(fieldsOf(kwargs["function_call"])["name"]) !== "";
    this.#finishReason = finishReasonOf(message, kwargs) ?? this.#finishReason;
    return read;
  }

  #readBlocks(blocks: readonly unknown[]): string {
    let read = "";
    for (const block of blocks) {
      const { type, text, refusal } = fieldsOf(block);
      if (type === "text") read += textOf(text);
      else if (type === "refusal") this.#refusal += textOf(refusal);
      else if (/reasoning|thinking/.test(textOf(type))) this.#hasReasoning = true;
      else if (/tool_call|tool_use/.test(textOf(type))) this.#hasToolCall = true;
    }
    return read;
  }
}

/** Reads the whole output of a model; `option` names the option that holds the model. */
export function readReply(output: unknown, option: string): ModelReply {
  const reader = new ReplyReader(option);
  const text = withoutThoughts(reader.push(output) + reader.end());
  return { text, ...reader.reply };
}

/** Each provider uses its own name; a stream has it in one of its last chunks. */
function finishReasonOf(message: Fields, kwargs: Fields): string | undefined {
  const metadata = fieldsOf(message["response_metadata"]);
  const records = [metadata, kwargs, fieldsOf(metadata["messageStop"])];
  const names = ["finish_reason", "finishReason", "stop_reason", "stopReason", "done_reason"];
  const reasons = records.flatMap((record) => names.map((name) => record[name]));
  const incomplete = fieldsOf(metadata["incomplete_details"])["reason"];
  return [incomplete, ...reasons].map((reason) => textOf(reason)).find((reason) => reason !== "");
}

function fieldsOf(value: unknown): Fields {
  // oxlint-disable-next-line no-unsafe-type-assertion -- every field is checked where it is read
  return typeof value === "object" && value !== null ? (value as Fields) : {};
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function hasItems(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0;
}
