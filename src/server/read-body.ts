import { RequestError } from "./request-error.ts";

/** How deep arrays and objects of a body may be nested; more would overflow the stack of their readers. */
const deepest = 32;

/**
 * Reads the JSON object in a request's body. Stops at `mostBytes`, even if the request does not say how long it is.
 *
 * @throws RequestError 400, 413, 415, or 499 if the client leaves before its end
 */
export async function readJsonBody(
  request: Request,
  mostBytes: number,
): Promise<Readonly<Record<string, unknown>>> {
  requireJsonType(request.headers);
  const value = parse(await readBody(request, mostBytes));
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    const kind = Array.isArray(value) ? "an array" : value === null ? "null" : `a ${typeof value}`;
    throw new RequestError(400, `Expected the body to be a JSON object, got ${kind}.`);
  }
  requireFlat(value);
  // Clients send optional fields that are not set as null.
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== null));
}

/** A page of another site can send other types to this server without asking first. */
function requireJsonType(headers: Headers): void {
  const type = headers.get("content-type") ?? "";
  if (!/^application\/json *(?:;|$)/i.test(type)) {
    throw new RequestError(
      415,
      "Expected the header `content-type: application/json`, got another one or none.",
    );
  }
  if (/charset/i.test(type) && !/charset *= *"?utf-?8/i.test(type)) {
    throw new RequestError(415, "Expected the charset utf-8, got another one.");
  }
  if (!/^(?:identity)?$/i.test(headers.get("content-encoding") ?? "")) {
    throw new RequestError(
      415,
      "Expected a body that is not compressed, got a `content-encoding`.",
    );
  }
}

/**
 * Reads the bytes of a request's body. Stops at `mostBytes`, even if the request does not say how long it is.
 *
 * @throws RequestError 413, or 499 if the client leaves before its end
 */
export async function readBody(
  request: Request,
  mostBytes: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const length = Number(request.headers.get("content-length") ?? 0);
  if (length > mostBytes) throw tooLarge(mostBytes);
  const parts: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const part of request.body ?? []) {
      size += part.length;
      if (size > mostBytes) break;
      parts.push(part);
    }
  } catch (cause) {
    throw new RequestError(499, "The client has gone.", { cause });
  }
  if (size > mostBytes) throw tooLarge(mostBytes);
  return Buffer.concat(parts);
}

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    // The parser's message quotes the body.
    throw new RequestError(400, "Expected the body to be JSON in UTF-8, got something else.");
  }
}

function requireFlat(body: object): void {
  let level: readonly object[] = [body];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth === deepest) {
      throw new RequestError(400, `Expected at most ${deepest} nested levels in the body.`);
    }
    level = level.flatMap((value) => Object.values(value).filter(isObject));
  }
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

function tooLarge(mostBytes: number): RequestError {
  // Without `connection: close`: the adapter of Node discards the rest, so that a client that still sends it can read
  // the answer. It closes the connection after 64 MiB or half a second.
  return new RequestError(413, `Expected a body of at most ${mostBytes} bytes, got more.`);
}
