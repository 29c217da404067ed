import { afterAll, beforeAll, expect, test } from "vitest";
import { CrossEncoderReranker } from "../../src/cross-encoder/cross-encoder-reranker.ts";
import { RemotePairScorer } from "../../src/rerankers/index.ts";
import { explorerApi } from "../../src/server/explorer/explorer-routes.ts";
import type { SearchView } from "../../src/server/explorer/search-view.ts";
import { RerankStub } from "../rerankers/rerank-stub.ts";
import { indexedFolder, type IndexedFolder } from "./explorer-server.ts";

const files = {
  "memory.md": "# Memory\n\nThe memory is large.\n\n# Disk\n\nThe disk is slow.\n",
  "cats.md": "# Cats\n\nCats sleep a lot.\n\n# Dogs\n\nDogs need walks and memory.\n",
};

let stub: RerankStub;
let indexed: IndexedFolder;
beforeAll(async () => {
  [stub, indexed] = [await RerankStub.start(), await indexedFolder(files, { withSamples: false })];
});
afterAll(async () => {
  await stub[Symbol.asyncDispose]();
  await indexed[Symbol.asyncDispose]();
});

test.each(["the index's own reranker", "a further reranker"])(
  "asks a remote scorer for no score that it has given, as %s",
  async (role) => {
    stub.plan();
    const scorer = new RemotePairScorer({ dialect: "tei", url: stub.url });
    const remote = new CrossEncoderReranker({ scorer });
    const isOwn = role.startsWith("the index");
    const app = isOwn
      ? explorerApi({ index: indexed.index.withReranker(remote) })
      : explorerApi({ index: indexed.index, rerankers: { remote } });
    const search = async (settings: object): Promise<SearchView> => {
      const response = await app.request("/explorer/api/search", {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({
          question: "memory",
          settings: { ...(isOwn ? {} : { reranker: "remote" }), ...settings },
        }),
      });
      expect(response.status).toBe(200);
      return JSON.parse(await response.text());
    };
    const first = await search({ candidateCount: 3 });
    expect([first.scoredAnew, stub.requests.length]).toEqual([3, 1]);
    for (const change of [{ k: 2 }, { blend: 0.4 }, { scoreThreshold: 0.5 }, { hybrid: true }]) {
      const view = await search({ candidateCount: 2, ...change });
      expect([change, view.scoredAnew]).toEqual([change, 0]);
    }
    expect(stub.requests).toHaveLength(1);
    const more = await search({ candidateCount: 4 });
    expect([more.scoredAnew, stub.requests.length]).toEqual([1, 2]);
    expect(stub.requests[1]?.texts).toHaveLength(1);
  },
);
