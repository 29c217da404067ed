import type { StaticEncode, TSchema } from "typebox";
import { bodyReader } from "./check-body.ts";
import type { ErrorShape } from "./error-shapes.ts";
import type { Call, Service } from "./service.ts";

/** One form of request that a path takes, and its answer. */
export interface Form {
  readonly body: TSchema;
  readonly answer: TSchema;
  readonly errors: ErrorShape;
  /** A field that only this form has. */
  readonly field: string;
  /** @throws RequestError 400 or 422 if the body is not of this form */
  readonly answerTo: (call: Call<unknown>) => Promise<object>;
}

/** A path that makes the models work. */
export interface WorkRoute {
  readonly paths: readonly string[];
  readonly summary: string;
  /** Distinguished by a field of their own. */
  readonly forms: readonly Form[];
}

/** The content of a page about the server. */
interface Page {
  readonly status: 200 | 503;
  readonly body: object | string;
  readonly type?: string;
}

/** A path with information about the server. */
export interface PageRoute {
  readonly path: string;
  readonly summary: string;
  /** Whether it needs no key. */
  readonly isOpen: boolean;
  /** @defaultValue the page is text */
  readonly answer?: TSchema;
  readonly statuses: readonly (200 | 503)[];
  readonly read: (service: Service) => Page | Promise<Page>;
}

/** A form whose handler gets a body that satisfies its schema. */
export function form<const Body extends TSchema>({
  body,
  handle,
  ...rest
}: {
  readonly body: Body;
  readonly answer: TSchema;
  readonly errors: ErrorShape;
  readonly field: string;
  readonly handle: (call: Call<StaticEncode<Body>>) => Promise<object>;
}): Form {
  const read = bodyReader(body);
  return { ...rest, body, answerTo: (call) => handle({ ...call, body: read(call.body) }) };
}
