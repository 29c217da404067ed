import { resolve } from "node:path";
import type { ChromaClient } from "chromadb";
import { connectClient, parseServerUrl } from "./chroma-address.ts";
import { findCollection, spaceOf } from "./chroma-collection.ts";
import { chromaFailure, type RequestTarget } from "./chroma-failure.ts";
import { loadChromaPeers } from "./chroma-peers.ts";
import { joinChromaServer } from "./chroma-server.ts";

/** Facts about a Chroma server and its collections. */
export interface ChromaFacts {
  readonly version: string;
  readonly collections: readonly {
    readonly name: string;
    /** Its distance: "cosine", "l2" or "ip". */
    readonly space: string;
  }[];
}

/**
 * Inspects the server at a URL, or the one of a data folder, which is started if necessary; changes no
 * collection.
 */
export async function inspectChroma(where: string): Promise<ChromaFacts> {
  const peers = await loadChromaPeers();
  const isUrl = /^https?:\/\//.test(where);
  const connection = isUrl ? undefined : await joinChromaServer(resolve(where));
  const target: RequestTarget = {
    collectionName: "",
    url: connection?.url ?? parseServerUrl(where).origin,
    path: isUrl ? undefined : resolve(where),
  };
  try {
    const client = await connectClient(peers, target, {});
    const version = await client.version();
    const collections: { name: string; space: string }[] = [];
    for (const name of await collectionNames(client, target)) {
      const collection = await findCollection(client, name);
      if (collection) collections.push({ name, space: spaceOf(collection) });
    }
    return { version, collections };
  } catch (error) {
    throw chromaFailure(error, target);
  } finally {
    await connection?.close();
  }
}

/** Asks the server directly: `chromadb` would load the embedding function of each collection, and print. */
async function collectionNames(
  { tenant = "default_tenant", database = "default_database" }: ChromaClient,
  { url }: RequestTarget,
): Promise<string[]> {
  const names: string[] = [];
  for (;;) {
    const answer = await fetch(
      `${url}/api/v2/tenants/${encodeURIComponent(tenant)}/databases/${encodeURIComponent(database)}/collections?limit=${pageSize}&offset=${names.length}`,
    );
    const page: unknown = await answer.json();
    if (!answer.ok || !Array.isArray(page)) {
      throw new Error(`Expected a list of collections, got HTTP ${answer.status}.`);
    }
    for (const entry of page) names.push(String(Reflect.get(Object(entry), "name")));
    if (page.length < pageSize) return names;
  }
}

const pageSize = 100;
