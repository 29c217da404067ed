// How do I rerank with a server, and what happens when it fails? A stand-in for the server runs in this program.
import { once } from "node:events";
import { createServer } from "node:http";
import { json } from "node:stream/consumers";
import { CrossEncoderReranker, OnnxCrossEncoder } from "langchain-rerank";
import { RemotePairScorer } from "langchain-rerank/rerankers";
import { Document } from "@langchain/core/documents";

const server = createServer(async (request, response) => {
  const { texts } = Object(await json(request));
  const results = texts.map((text: string, index: number) => ({ index, score: -text.length }));
  response.end(JSON.stringify(results));
}).listen(0, "127.0.0.1");
await once(server, "listening");
const url = `http://127.0.0.1:${Object(server.address()).port}`;

await using failover = new OnnxCrossEncoder({ model: "rerank-minilm-l6" });
const scorer = new RemotePairScorer({ dialect: "tei", url, model: "far", maxRetries: 0, failover });
const reranker = new CrossEncoderReranker({ scorer, topN: 1 });
const texts = ["Swim in the lake.", "The train leaves at noon."];
const documents = texts.map((pageContent) => new Document({ pageContent }));
for (const state of ["up", "down"]) {
  const [best] = await reranker.rerank("Where can I swim?", documents);
  console.log(state, best?.pageContent, best?.metadata.retrieval.rerank.model);
  server.close().closeAllConnections(); // Now it is down.
}
