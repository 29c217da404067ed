import { Type } from "typebox";
import type { PageRoute } from "../route.ts";
import type { ServedModel } from "../model-names.ts";
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
  summary: "Says that the process answers, also while models are loaded",
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
  read: async ({ metrics: measured }) => ({
    status: 200,
    body: await measured.text(),
    type: measured.contentType,
  }),
};

export const pageRoutes: readonly PageRoute[] = [health, ready, info, metrics];

function factsOf({
  name,
  facts,
}: ServedModel & { readonly facts: ModelFacts | undefined }): object {
  return { name, ...facts };
}

function scorerFacts({ scorer }: ServedScorer): object {
  return { scale: scorer.scale, readsInstruction: scorer.readsInstruction ?? false };
}
