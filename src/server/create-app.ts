import { Hono } from "hono";
import type { Context } from "hono";
import { messageOf, RetrievalError, type RetrievalErrorCode } from "../errors.ts";
import { accessLog } from "./access-log.ts";
import type { Admission } from "./admission.ts";
import { requireKey } from "./auth.ts";
import { refuseForeignPages } from "./browser-guard.ts";
import { errorBody } from "./error-shapes.ts";
import { explorerPage, explorerRoutes } from "./explorer/explorer-routes.ts";
import { mcpPath, mountIndex } from "./mount-index.ts";
import { json, mountPages, mountWork, shapesFor } from "./mount-routes.ts";
import { openApiDocument } from "./open-api.ts";
import { RequestError, tryLater } from "./request-error.ts";
import type { PageRoute, WorkRoute } from "./route.ts";
import { embeddingRoutes } from "./routes/embeddings.ts";
import { pageRoutes } from "./routes/pages.ts";
import { rerankRoutes } from "./routes/rerank.ts";
import { scoreRoute } from "./routes/score.ts";
import { searchRoute } from "./routes/search.ts";
import type { ServerEnv } from "./server-env.ts";
import type { RerankServerOptions } from "./server-options.ts";
import type { Service } from "./service.ts";

const work: readonly WorkRoute[] = [...rerankRoutes, scoreRoute, ...embeddingRoutes, searchRoute];

/** All routes behind their middleware, in the order in which a request passes it. */
export function createApp(
  service: Service,
  {
    apiKeys = [],
    onAccess,
    onError,
    explorer,
    admission,
    isLocal,
  }: Pick<RerankServerOptions, "apiKeys" | "onAccess" | "onError" | "explorer"> & {
    readonly admission: Admission;
    readonly isLocal: () => boolean;
  },
): Hono<ServerEnv> {
  const app = new Hono<ServerEnv>();
  const pages = [...pageRoutes, openApiPage(apiKeys.length > 0)];
  const open = new Set(pages.filter(({ isOpen }) => isOpen).map(({ path }) => path));
  const paths = new Set([
    ...work.flatMap((route) => route.paths),
    ...pages.map(({ path }) => path),
    mcpPath,
  ]);
  const routeOf = (path: string): string =>
    explorerRoutes.get(path) ?? (paths.has(path) ? path : "unknown");
  app.use(accessLog(service.metrics, routeOf, onAccess));
  app.use(async (context, next) => {
    await next();
    // Asks clients to open another connection, to another server.
    if (service.state() === "draining") context.header("connection", "close");
  });
  // The page holds no data, and people follow links to it from other sites.
  if (service.index) app.route("/", explorerPage());
  app.use(refuseForeignPages(isLocal));
  mountPages(
    app,
    pages.filter(({ isOpen }) => isOpen),
    service,
  );
  app.use(requireKey(apiKeys, (path) => open.has(path)));
  mountPages(
    app,
    pages.filter(({ isOpen }) => !isOpen),
    service,
  );
  mountWork(app, work, { service, admission });
  if (service.index) mountIndex(app, service.index, { service, admission, explorer, onError });
  app.notFound((context) =>
    refuse(
      context,
      new RequestError(
        404,
        "Expected a route of this server, got another path; /openapi.json lists them.",
      ),
    ),
  );
  app.onError((error, context) => {
    const failure = requestErrorFor(error, context);
    if (failure !== error && failure.status >= 500) {
      onError?.(error, { id: context.get("id"), route: routeOf(context.req.path) });
    }
    return refuse(context, failure);
  });
  return app;
}

function openApiPage(hasKeys: boolean): PageRoute {
  const page: PageRoute = {
    path: "/openapi.json",
    summary: "This document",
    isOpen: false,
    answer: { type: "object" },
    statuses: [200],
    read: ({ version }) => ({
      status: 200,
      body: openApiDocument({ work, pages: [...pageRoutes, page] }, { version, hasKeys }),
    }),
  };
  return page;
}

function refuse(context: Context<ServerEnv>, { status, message, headers }: RequestError): Response {
  const body = errorBody(shapesFor(context), status, message);
  return json(body, status, headers);
}

/** An index that was deleted, damaged or replaced; a later request finds the one that is made in its place. */
const unusableIndex: ReadonlySet<string> = new Set([
  "store-mismatch",
  "store-damaged",
  "index-mismatch",
  "index-damaged",
] satisfies RetrievalErrorCode[]);

/** An error as the client may see it: errors of models and stores may hold texts or paths. */
function requestErrorFor(error: Error, context: Context<ServerEnv>): RequestError {
  if (error instanceof RequestError) return error;
  if (context.req.raw.signal.aborted) {
    return new RequestError(499, "The client has gone.", { cause: error });
  }
  const code: unknown = Reflect.get(error, "code");
  if (error instanceof RetrievalError || typeof code === "string") {
    if (code === "overloaded") {
      return tryLater(429, "Expected fewer waiting texts, got a full queue: try again later.");
    }
    if (code === "missing-dependency") return new RequestError(501, messageOf(error));
    if (code === "store-unreachable") {
      return tryLater(503, "Expected the store of this server to answer, got no answer.", 5);
    }
    if (typeof code === "string" && unusableIndex.has(code)) {
      return tryLater(
        503,
        `Expected an index that this server can search, got none or another one; its log explains it under the id ${context.get("id")}.`,
        5,
      );
    }
  }
  return new RequestError(
    500,
    `Expected an answer, got an error of the server; its log explains it under the id ${context.get("id")}.`,
    { cause: messageOf(error) },
  );
}
