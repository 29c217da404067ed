import type { Context, Hono } from "hono";
import { Admission, requireReady } from "./admission.ts";
import type { ErrorShape } from "./error-shapes.ts";
import { shapesOf } from "./open-api.ts";
import { readJsonBody } from "./read-body.ts";
import { RequestError } from "./request-error.ts";
import type { Form, PageRoute, WorkRoute } from "./route.ts";
import type { ServerEnv } from "./server-env.ts";
import type { Service } from "./service.ts";

/** Mounts routes that make the models work. */
export function mountWork(
  app: Hono<ServerEnv>,
  routes: readonly WorkRoute[],
  { service, admission }: { readonly service: Service; readonly admission: Admission },
): void {
  for (const { paths, forms } of routes) {
    for (const path of paths) {
      app.use(path, async (context, next) => {
        context.set("shapes", shapesOf(forms));
        await next();
      });
      app.post(path, async (context) => {
        requireReady(service.state());
        const body = await readJsonBody(context.req.raw, service.limits.bodyBytes);
        const asked = formOf(forms, body);
        context.set("shapes", [asked.errors]);
        const countPairs = (count: number): void =>
          context.set("pairs", (context.get("pairs") ?? 0) + count);
        const answer = await admission.run(context.req.raw.signal, (signal) =>
          asked.answerTo({ body, service, signal, countPairs }),
        );
        return json(answer);
      });
      refuseOthers(app, path, ["POST"]);
    }
  }
}

/** Mounts pages about the server. */
export function mountPages(
  app: Hono<ServerEnv>,
  routes: readonly PageRoute[],
  service: Service,
): void {
  for (const { path, read } of routes) {
    app.get(path, async () => {
      const { status, body, type } = await read(service);
      if (typeof body === "object") return json(body, status);
      return new Response(body, { status, headers: { "content-type": type ?? "text/plain" } });
    });
    refuseOthers(app, path, ["GET", "HEAD"]);
  }
}

/** Which shapes an error has before the request's form is known. */
export function shapesFor(context: Context<ServerEnv>): readonly ErrorShape[] {
  return context.get("shapes") ?? ["openai"];
}

export function json(
  body: object,
  status: number = 200,
  headers: Readonly<Record<string, string>> = {},
): Response {
  return new Response(JSON.stringify(body), {
    status,
    headers: { "content-type": "application/json; charset=utf-8", ...headers },
  });
}

function formOf(forms: readonly Form[], body: Readonly<Record<string, unknown>>): Form {
  const [only] = forms;
  const found = forms.length === 1 ? only : forms.find(({ field }) => Object.hasOwn(body, field));
  if (found) return found;
  const fields = forms.map(({ field }) => `\`${field}\``);
  throw new RequestError(400, `Expected ${fields.join(" or ")} in the body, got neither.`);
}

function refuseOthers(app: Hono<ServerEnv>, path: string, methods: readonly string[]): void {
  const allow = [...methods, "OPTIONS"].join(", ");
  app.options(path, () => new Response(undefined, { status: 204, headers: { allow } }));
  app.all(path, () => {
    throw new RequestError(405, `Expected the method ${methods.join(" or ")}, got another one.`, {
      headers: { allow },
    });
  });
}
