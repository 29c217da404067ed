import { Type } from "typebox";
import { OnnxEmbeddings } from "../../embeddings/onnx-embeddings.ts";
import { shortenVector } from "../../embeddings/shorten-vector.ts";
import { messageOf } from "../../errors.ts";
import { findModel } from "../../model/files/model-catalog.ts";
import { estimateTokens } from "../../text/estimate-tokens.ts";
import { untilAborted } from "../../abort.ts";
import { requireModel } from "../model-names.ts";
import { RequestError } from "../request-error.ts";
import { form, type WorkRoute } from "../route.ts";
import { requireWithinLimits } from "../score-request.ts";
import type { Call, NamedEmbeddings, ServedEmbeddings, Service } from "../service.ts";

const textOrTexts = Type.Union([Type.String(), Type.Array(Type.String())], {
  title: "a string or an array of strings",
});
const dimensions = Type.Optional(Type.Integer({ minimum: 1 }));
const model = Type.Optional(Type.String());
/** Which prompt of the model a text gets: that of queries or that of documents. */
const role = Type.Optional(Type.Enum(["query", "document", "passage"]));

/** @see https://platform.openai.com/docs/api-reference/embeddings/create */
const openAiRoute: WorkRoute = {
  paths: ["/v1/embeddings"],
  summary: "Embeds texts, as OpenAI does",
  forms: [
    form({
      field: "input",
      errors: "openai",
      body: Type.Object(
        {
          model,
          input: textOrTexts,
          encoding_format: Type.Optional(Type.Enum(["float", "base64"])),
          dimensions,
          input_type: role,
          user: Type.Optional(Type.String()),
        },
        { additionalProperties: false, title: "OpenAI" },
      ),
      answer: Type.Object({
        object: Type.Literal("list"),
        data: Type.Array(
          Type.Object({
            object: Type.Literal("embedding"),
            index: Type.Integer(),
            embedding: Type.Union([Type.Array(Type.Number()), Type.String()]),
          }),
        ),
        model: Type.String(),
        usage: Type.Object({ prompt_tokens: Type.Integer(), total_tokens: Type.Integer() }),
      }),
      async handle(call) {
        const { input, encoding_format, input_type, ...asked } = call.body;
        const texts = [input].flat();
        const { name } = embedderOf(call.service, asked.model);
        const vectors = await embed(call, texts, { ...asked, role: input_type });
        const tokens = texts.reduce((sum, text) => sum + estimateTokens(text), 0);
        return {
          object: "list",
          data: vectors.map((vector, index) => ({
            object: "embedding",
            index,
            embedding: encoding_format === "base64" ? base64Of(vector) : Array.from(vector),
          })),
          model: name,
          usage: { prompt_tokens: tokens, total_tokens: tokens },
        };
      },
    }),
  ],
};

/** @see https://github.com/huggingface/text-embeddings-inference/blob/main/docs/openapi.json */
const teiRoute: WorkRoute = {
  paths: ["/embed"],
  summary: "Embeds texts, as Text Embeddings Inference does",
  forms: [
    form({
      field: "inputs",
      errors: "tei",
      body: Type.Object(
        {
          inputs: textOrTexts,
          normalize: Type.Optional(Type.Literal(true)),
          truncate: Type.Optional(Type.Literal(true)),
          truncation_direction: Type.Optional(Type.Enum(["Right", "right"])),
          dimensions,
          prompt_name: role,
          model,
        },
        { additionalProperties: false, title: "Text Embeddings Inference" },
      ),
      answer: Type.Array(Type.Array(Type.Number())),
      async handle(call) {
        const { inputs, prompt_name, ...asked } = call.body;
        const vectors = await embed(call, [inputs].flat(), { ...asked, role: prompt_name });
        return vectors.map((vector) => Array.from(normalized(vector)));
      },
    }),
  ],
};

export const embeddingRoutes: readonly WorkRoute[] = [openAiRoute, teiRoute];

/** @throws RequestError 404 if this server has no embedding model, or not the one that is asked for */
function embedderOf({ embedder }: Service, asked: string | undefined): ServedEmbeddings {
  if (!embedder) {
    throw new RequestError(404, "Expected a server with an embedding model, got one without.");
  }
  requireModel(embedder, asked);
  return embedder;
}

async function embed(
  { service, signal, countPairs }: Call<unknown>,
  texts: readonly string[],
  asked: {
    readonly model?: string | undefined;
    readonly dimensions?: number | undefined;
    readonly role?: "query" | "document" | "passage" | undefined;
  },
): Promise<Float32Array[]> {
  const { embeddings } = embedderOf(service, asked.model);
  requireWithinLimits(service, texts);
  countPairs(texts.length);
  const vectors = await service.metrics.whileWaiting(texts.length, () =>
    asked.role === "query"
      ? embedQueries(embeddings, texts, signal)
      : embedDocuments(embeddings, texts, signal),
  );
  service.metrics.embedded(texts.length);
  return asked.dimensions === undefined
    ? vectors
    : vectors.map((vector) => shortened(vector, asked.dimensions ?? 0, embeddings.model));
}

/** `embedQuery` takes no signal, so only a few queries are left to embed when the signal is aborted. */
async function embedQueries(
  embeddings: NamedEmbeddings,
  texts: readonly string[],
  signal: AbortSignal,
): Promise<Float32Array[]> {
  const vectors: Float32Array[] = [];
  for (let start = 0; start < texts.length; start += queriesAtOnce) {
    const few = texts.slice(start, start + queriesAtOnce);
    const embedding = Promise.all(few.map((text) => embeddings.embedQuery(text)));
    for (const vector of await untilAborted(embedding, signal)) {
      vectors.push(Float32Array.from(vector));
    }
  }
  return vectors;
}

/** Enough to keep the workers busy. */
const queriesAtOnce = 32;

/** Only the streams of `OnnxEmbeddings` can be aborted. */
async function embedDocuments(
  embeddings: NamedEmbeddings,
  texts: readonly string[],
  signal: AbortSignal,
): Promise<Float32Array[]> {
  if (embeddings instanceof OnnxEmbeddings) {
    const streamed: Float32Array[] = [];
    for await (const vector of embeddings.embedStream(texts, { signal })) streamed.push(vector);
    return streamed;
  }
  const vectors = await untilAborted(embeddings.embedDocuments([...texts]), signal);
  return vectors.map((vector) => Float32Array.from(vector));
}

function shortened(vector: Float32Array, wanted: number, name: string): Float32Array {
  const row = findModel(name);
  const isCentered = row?.kind === "bi-encoder" && row.isCenteredToShorten === true;
  try {
    return shortenVector(vector, { dimensions: wanted, isCentered });
  } catch (error) {
    throw new RequestError(422, messageOf(error), { cause: error });
  }
}

function normalized(vector: Float32Array): Float32Array {
  const length = Math.hypot(...vector);
  return length === 0 || Math.abs(length - 1) < 1e-6
    ? vector
    : vector.map((value) => value / length);
}

/** Little-endian numbers of 32 bits, as OpenAI sends them. */
function base64Of(vector: Float32Array): string {
  const bytes = Buffer.alloc(vector.length * 4);
  for (const [index, value] of vector.entries()) bytes.writeFloatLE(value, index * 4);
  return bytes.toString("base64");
}
