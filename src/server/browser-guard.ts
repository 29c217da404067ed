import type { MiddlewareHandler } from "hono";
import { RequestError } from "./request-error.ts";

/**
 * Refuses requests that a page of another site makes a browser send. A page cannot read answers without CORS, but its
 * requests would be carried out. With `isLocal`, the name of the host has to be one of this machine, too: with DNS
 * rebinding, a page reaches this server under the name of its own site.
 */
export function refuseForeignPages(isLocal: () => boolean): MiddlewareHandler {
  return async (context, next) => {
    const { headers } = context.req.raw;
    const host = headers.get("host");
    if (isLocal() && host !== null && !isLoopback(hostnameOf(host))) {
      throw new RequestError(
        403,
        "Expected the host localhost, because this server has no API key, got another name: set a key to serve other names.",
      );
    }
    const origin = headers.get("origin");
    const isForeign = origin !== null && (host === null || hostOf(origin) !== host.toLowerCase());
    // A link on another site may lead to a page of this server: that changes nothing here, and the site cannot read it.
    const isLink = ["GET", "HEAD"].includes(context.req.method);
    if (isForeign || (!isLink && headers.get("sec-fetch-site") === "cross-site")) {
      throw new RequestError(
        403,
        "Expected a request from a program or from a page of this server, got one from a page of another site.",
      );
    }
    await next();
  };
}

/** Whether only programs on this machine can reach a server that listens there. */
export function isLoopback(hostname: string): boolean {
  return /^(?:localhost|(?:.+\.)?localhost|127(?:\.\d{1,3}){3}|\[?::1\]?)$/i.test(hostname);
}

function hostnameOf(host: string): string {
  return URL.canParse(`http://${host}`) ? new URL(`http://${host}`).hostname : "";
}

function hostOf(origin: string): string {
  return URL.canParse(origin) ? new URL(origin).host : "";
}
