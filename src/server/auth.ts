import { createHash, timingSafeEqual } from "node:crypto";
import type { MiddlewareHandler } from "hono";
import { RequestError } from "./request-error.ts";

/**
 * Lets requests pass that have one of the keys, as `Authorization: Bearer …` or `x-api-key`. Each key is compared in
 * constant time, and with all keys, so that the time of an answer says nothing about them.
 */
export function requireKey(
  keys: readonly string[],
  isOpen: (path: string) => boolean,
): MiddlewareHandler {
  const hashes = keys.map(hashOf);
  return async (context, next) => {
    if (hashes.length > 0 && !isOpen(context.req.path))
      requireOneOf(hashes, context.req.raw.headers);
    await next();
  };
}

function requireOneOf(hashes: readonly Buffer[], headers: Headers): void {
  const [, bearer] = /^Bearer +(\S+) *$/i.exec(headers.get("authorization") ?? "") ?? [];
  const given = hashOf(bearer ?? headers.get("x-api-key") ?? "");
  const matches = hashes.filter((hash) => timingSafeEqual(hash, given));
  if (matches.length > 0) return;
  throw new RequestError(
    401,
    "Expected an API key of this server as `Authorization: Bearer <key>` or `x-api-key: <key>`, got none or another one.",
    { headers: { "www-authenticate": 'Bearer realm="langchain-rerank"' } },
  );
}

function hashOf(key: string): Buffer {
  return createHash("sha256").update(key).digest();
}
