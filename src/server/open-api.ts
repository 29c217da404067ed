import { Type, type TSchema } from "typebox";
import { errorSchema, type ErrorShape } from "./error-shapes.ts";
import type { PageRoute, WorkRoute } from "./route.ts";

/** Statuses of a route that makes the models work, and when they are sent. */
const failures: Readonly<Record<number, string>> = {
  400: "The body is not JSON, or a field has the wrong type",
  401: "No key of this server",
  403: "A page of another site sent the request",
  404: "Another model, or a part that this server lacks",
  413: "More bytes, texts or characters than the limits allow",
  415: "A content type other than application/json in UTF-8",
  422: "A value that the model or this server cannot honour",
  429: "Too many requests wait; `Retry-After` says when to try again",
  500: "An error of the server, which its log explains",
  503: "The models are still loading, the server is stopping, or the time is over; `Retry-After` says when to try again",
};

/** The OpenAPI document of these routes, from the schemas that check their bodies. */
export function openApiDocument(
  routes: { readonly work: readonly WorkRoute[]; readonly pages: readonly PageRoute[] },
  { version, hasKeys }: { readonly version: string; readonly hasKeys: boolean },
): object {
  const work = routes.work.flatMap((route) =>
    route.paths.map((path) => [path, { post: workOperation(route) }] as const),
  );
  const pages = routes.pages.map((route) => [route.path, { get: pageOperation(route, hasKeys) }]);
  return {
    openapi: "3.1.0",
    info: { title: "langchain-rerank", version, license: { name: "MIT", identifier: "MIT" } },
    paths: Object.fromEntries([...work, ...pages]),
    ...(hasKeys && {
      components: {
        securitySchemes: {
          bearer: { type: "http", scheme: "bearer" },
          header: { type: "apiKey", in: "header", name: "x-api-key" },
        },
      },
      security: [{ bearer: [] }, { header: [] }],
    }),
  };
}

function workOperation({ summary, forms }: WorkRoute): object {
  const errors = errorSchema(shapesOf(forms));
  const refusals = Object.entries(failures).map(([status, description]) => [
    status,
    { description, ...jsonOf(errors) },
  ]);
  return {
    summary,
    requestBody: { required: true, ...jsonOf(anyOf(forms.map(({ body }) => withNulls(body)))) },
    responses: {
      200: { description: "The answer", ...jsonOf(anyOf(forms.map(({ answer }) => answer))) },
      ...Object.fromEntries(refusals),
    },
  };
}

function pageOperation({ summary, isOpen, answer, statuses }: PageRoute, hasKeys: boolean): object {
  const content = answer
    ? jsonOf(answer)
    : { content: { "text/plain": { schema: Type.String() } } };
  const described = statuses.map((status) => [
    status,
    { description: status === 200 ? "The page" : "Not ready", ...content },
  ]);
  const refusals = (isOpen ? [403, 500] : [401, 403, 500]).map((status) => [
    status,
    { description: failures[status], ...jsonOf(errorSchema(["openai"])) },
  ]);
  return {
    summary,
    ...(isOpen && hasKeys && { security: [] }),
    responses: Object.fromEntries([...described, ...refusals]),
  };
}

/** The shapes of errors before a request says which of these forms it has. */
export function shapesOf(forms: WorkRoute["forms"]): ErrorShape[] {
  return [...new Set(forms.map(({ errors }) => errors))];
}

/** With `null` for each optional field of a body: `readJsonBody` takes it for a field that is not set. */
function withNulls(body: TSchema): TSchema {
  const properties: Readonly<Record<string, TSchema>> = Object(Reflect.get(body, "properties"));
  const required: readonly string[] = Reflect.get(body, "required") ?? [];
  const described = Object.entries(properties).map(([name, field]) => [
    name,
    required.includes(name) ? field : Type.Union([field, Type.Null()]),
  ]);
  return { ...body, properties: Object.fromEntries(described) };
}

function anyOf(schemas: readonly TSchema[]): TSchema {
  const [only] = schemas;
  return schemas.length === 1 && only ? only : Type.Union([...schemas]);
}

function jsonOf(schema: TSchema): object {
  return { content: { "application/json": { schema } } };
}
