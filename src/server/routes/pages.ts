import { Type } from "typebox";
import type { PageRoute } from "../route.ts";
import type { ServedModel } from "../model-names.ts";
import { readTotals } from "../load-models.ts";
import type { ModelFacts, ServedScorer } from "../service.ts";

const Status = Type.Object({ status: Type.String() });

const Facts = {
  name: Type.String(),
  maxTokens: Type.Optional(Type.Integer()),
  dtype: Type.Optional(Type.String()),
  provider: Type.Optional(Type.String()),
};

/** Whether the process answers at all. */
const health: PageRoute = {
  path: "/health",
  summary: "Says that the process answers, even while models are loaded",
  isOpen: true,
  answer: Status,
  statuses: [200],
  read: () => ({ status: 200, body: { status: "ok" } }),
};

/** Whether a load balancer should send requests. */
const ready: PageRoute = {
  path: "/ready",
  summary: "Says whether the models are loaded and requests are taken",
  isOpen: true,
  answer: Status,
  statuses: [200, 503],
  read({ state }) {
    const status = state();
    return { status: status === "ready" ? 200 : 503, body: { status } };
  },
};

const info: PageRoute = {
  path: "/info",
  summary: "Names the models and the limits",
  isOpen: false,
  answer: Type.Object({
    version: Type.String(),
    reranker: Type.Optional(
      Type.Object({ ...Facts, scale: Type.String(), readsInstruction: Type.Boolean() }),
    ),
    embeddings: Type.Optional(Type.Object(Facts)),
    search: Type.Optional(Type.Object({ hybrid: Type.Boolean() })),
    limits: Type.Record(Type.String(), Type.Integer()),
  }),
  statuses: [200],
  read: ({ version, reranker, embedder, index, limits }) => ({
    status: 200,
    body: {
      version,
      ...(reranker && { reranker: { ...factsOf(reranker), ...scorerFacts(reranker) } }),
      ...(embedder && { embeddings: factsOf(embedder) }),
      ...(index && { search: { hybrid: index.isHybrid } }),
      limits,
    },
  }),
};

const metrics: PageRoute = {
  path: "/metrics",
  summary: "Measurements in the format of Prometheus",
  isOpen: false,
  statuses: [200],
  read: async ({ metrics: measured, reranker, embedder }) => ({
    status: 200,
    body: await measured.text(await readTotals({ reranker, embedder })),
    type: measured.contentType,
  }),
};

/** @see https://platform.openai.com/docs/api-reference/models/list */
const models: PageRoute = {
  path: "/v1/models",
  summary:
    "Lists the models, as OpenAI does, with the names under which a request may ask for them",
  isOpen: false,
  answer: Type.Object({
    object: Type.Literal("list"),
    data: Type.Array(
      Type.Object({
        id: Type.String(),
        object: Type.Literal("model"),
        created: Type.Integer(),
        owned_by: Type.String(),
        task: Type.Enum(["rerank", "embed"]),
        aliases: Type.Array(Type.String()),
      }),
    ),
  }),
  statuses: [200],
  read: ({ reranker, embedder }) => ({
    status: 200,
    body: {
      object: "list",
      data: [
        ...(reranker ? [modelRow(reranker, "rerank")] : []),
        ...(embedder ? [modelRow(embedder, "embed")] : []),
      ],
    },
  }),
};

export const pageRoutes: readonly PageRoute[] = [health, ready, info, models, metrics];

function modelRow({ name, accepted }: ServedModel, task: "rerank" | "embed"): object {
  return {
    id: name,
    object: "model",
    // Clients expect the field; the start of the process is the only date that is known.
    created: Math.floor(performance.timeOrigin / 1000),
    owned_by: "langchain-rerank",
    task,
    aliases: [...accepted].filter((alias) => alias !== name.toLowerCase()),
  };
}

function factsOf({
  name,
  facts,
}: ServedModel & { readonly facts: ModelFacts | undefined }): object {
  return { name, ...facts };
}

function scorerFacts({ scorer }: ServedScorer): object {
  return { scale: scorer.scale, readsInstruction: scorer.readsInstruction ?? false };
}
