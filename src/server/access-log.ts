import { randomUUID } from "node:crypto";
import type { MiddlewareHandler } from "hono";
import type { ServerMetrics } from "./metrics.ts";
import type { ServerEnv } from "./server-env.ts";

/** One answered request, without texts and without its query string. */
export interface AccessRecord {
  /** When the request came, in ISO 8601. */
  readonly time: string;
  /** The request's `x-request-id`, or a new one. */
  readonly id: string;
  readonly method: string;
  /** The route's path; `/explorer/*` for a file of the explorer's page, "unknown" if there is none. */
  readonly route: string;
  readonly status: number;
  /** From the request's headers to the answer's. */
  readonly milliseconds: number;
  /** How many pairs were scored, or texts embedded. */
  readonly pairs: number;
  /** Bytes of the request's body, as its header says. */
  readonly bytes: number;
}

/** Gives each request an id, measures it, and reports it once it is answered. */
export function accessLog(
  metrics: ServerMetrics,
  routeOf: (path: string) => string,
  onAccess: ((record: AccessRecord) => void) | undefined,
): MiddlewareHandler<ServerEnv> {
  return async (context, next) => {
    const time = new Date().toISOString();
    const start = performance.now();
    const id = acceptedId(context.req.header("x-request-id")) ?? randomUUID();
    context.set("id", id);
    await next();
    context.header("x-request-id", id);
    const { method, path } = context.req;
    const route = routeOf(path);
    const { status } = context.res;
    const milliseconds = performance.now() - start;
    metrics.answered({ method, route, status, seconds: milliseconds / 1000 });
    onAccess?.({
      time,
      id,
      method,
      route,
      status,
      milliseconds: Math.round(milliseconds * 10) / 10,
      pairs: context.get("pairs") ?? 0,
      bytes: Number(context.req.header("content-length") ?? 0) || 0,
    });
  };
}

/** An id that is safe in a log and a header. */
function acceptedId(id: string | undefined): string | undefined {
  return id !== undefined && /^[\w.:-]{1,128}$/.test(id) ? id : undefined;
}
