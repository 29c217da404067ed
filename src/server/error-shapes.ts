import { Type, type TSchema } from "typebox";
import type { FailureStatus } from "./request-error.ts";

/**
 * Whose clients read an error: those of Text Embeddings Inference; those of Cohere and Jina; or those of OpenAI and
 * vLLM, whose shape our own routes have, too.
 */
export type ErrorShape = "tei" | "documents" | "openai";

/** Every field of these shapes that clients read. */
interface ShapeRow {
  readonly schema: TSchema;
  readonly bodyOf: (status: FailureStatus, message: string) => object;
}

/** @see https://github.com/huggingface/text-embeddings-inference/blob/main/docs/openapi.json */
const teiTypes: Readonly<Partial<Record<FailureStatus, string>>> = {
  422: "Tokenizer",
  429: "Overloaded",
  500: "Backend",
  503: "Unhealthy",
};

/** @see https://platform.openai.com/docs/guides/error-codes */
const openAiTypes: Readonly<Partial<Record<FailureStatus, string>>> = {
  401: "authentication_error",
  403: "permission_error",
  429: "rate_limit_error",
  500: "server_error",
  503: "server_error",
};

const tei: ShapeRow = {
  schema: Type.Object({ error: Type.String(), error_type: Type.String() }),
  bodyOf: (status, message) => ({ error: message, error_type: teiTypes[status] ?? "Validation" }),
};

/** Clients of Cohere read `message`, those of Jina `detail`. */
const documents: ShapeRow = {
  schema: Type.Object({ message: Type.String(), detail: Type.String() }),
  bodyOf: (_status, message) => ({ message, detail: message }),
};

const openai: ShapeRow = {
  schema: Type.Object({
    error: Type.Object({
      message: Type.String(),
      type: Type.String(),
      param: Type.Null(),
      code: Type.Integer(),
    }),
  }),
  bodyOf: (status, message) => ({
    // oxlint-disable-next-line unicorn/no-null -- OpenAI's clients expect the field
    error: {
      message,
      type: openAiTypes[status] ?? "invalid_request_error",
      param: null,
      code: status,
    },
  }),
};

const shapes: Readonly<Record<ErrorShape, ShapeRow>> = { tei, documents, openai };

/** The body of an error in these shapes: several if the request does not say whose client sent it. */
export function errorBody(
  wanted: readonly ErrorShape[],
  status: FailureStatus,
  message: string,
): object {
  return Object.assign({}, ...wanted.map((shape) => shapes[shape].bodyOf(status, message)));
}

/** The schema of such a body. */
export function errorSchema(wanted: readonly ErrorShape[]): TSchema {
  const schemas = wanted.map((shape) => shapes[shape].schema);
  const [only] = schemas;
  return schemas.length === 1 && only ? only : Type.Union(schemas);
}
