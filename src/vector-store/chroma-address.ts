import type { ChromaClient } from "chromadb";
import { describe, RetrievalError } from "../errors.ts";
import { unreachable, type RequestTarget } from "./chroma-failure.ts";
import type { ChromaPeers } from "./chroma-peers.ts";
import type { ServerAccess } from "./server-access.ts";

const greetingTimeoutMs = 10_000;

/** A longer string is not a URL, and parsing it may take time quadratic in its length. */
const mostUrl = 2000;

/** Parses a `url` of scheme, host and port only, which is all that `chromadb` can use. */
export function parseServerUrl(url: string): URL {
  const address = url.length <= mostUrl && URL.canParse(url) ? new URL(url) : undefined;
  if (address && /^https?:$/.test(address.protocol) && address.href === `${address.origin}/`) {
    return address;
  }
  throw new RetrievalError(
    "invalid-option",
    `Expected \`url\` to be a scheme, host and port such as http://127.0.0.1:8000, got ${describe(withoutSecrets(url))}: leave out path and password, and pass a token in \`headers\`.`,
  );
}

/** An address as errors and logs may show it: without a password and the values of a query, which can be secret. */
function withoutSecrets(url: string): string {
  return url.replace(/\/\/[^/]*@/, "//***@").replace(/[?#].*$/s, "?***");
}

/** Creates a client for the server at `address`, after checking that it is a Chroma server. */
export async function connectClient(
  { Client }: ChromaPeers,
  target: RequestTarget,
  access: ServerAccess,
): Promise<ChromaClient> {
  const { headers = {} } = access;
  await requireChroma(target, headers);
  const { protocol, hostname, port } = new URL(target.url);
  const isSecure = protocol === "https:";
  return new Client({
    ssl: isSecure,
    host: hostname,
    port: Number(port || (isSecure ? 443 : 80)),
    headers: { ...headers },
    ...tenantOf(target, access),
  });
}

/** Environment variables for a hosted Chroma must not affect a local store. */
function tenantOf(
  { path }: RequestTarget,
  { tenant, database }: ServerAccess,
): { readonly tenant: string; readonly database: string } {
  const { CHROMA_TENANT, CHROMA_DATABASE } = path === undefined ? process.env : {};
  return {
    tenant: tenant ?? (CHROMA_TENANT || "default_tenant"),
    database: database ?? (CHROMA_DATABASE || "default_database"),
  };
}

async function requireChroma(
  target: RequestTarget,
  headers: NonNullable<ServerAccess["headers"]>,
): Promise<void> {
  const heartbeat = await fetch(`${target.url}/api/v2/heartbeat`, {
    headers,
    signal: AbortSignal.timeout(greetingTimeoutMs),
  }).catch((cause: unknown) => {
    throw unreachable(target, cause);
  });
  await heartbeat.body?.cancel();
  if (heartbeat.ok) return;
  throw new RetrievalError(
    "store-unreachable",
    `Expected a Chroma server of version 1 or later at ${target.url}, got HTTP ${heartbeat.status}: check the \`url\`, or pass the server's token in \`headers\`.`,
  );
}
