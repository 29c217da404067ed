import { once } from "node:events";
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from "node:http";
import { json } from "node:stream/consumers";
import { setTimeout as wait } from "node:timers/promises";

/** What the stub does with one request. */
export type StubTurn =
  /** A correct answer. */
  | "answer"
  /** Keep the connection and send nothing, or half of an answer and nothing more. */
  | "hang"
  | "hang-within"
  /** Close the connection before the answer, or within it. */
  | "reset"
  | "reset-within"
  | {
      readonly status?: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string;
      /** Sent before the body, by itself. */
      readonly firstPart?: string;
    };

export interface StubRequest {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Readonly<Record<string, unknown>>;
  /** The texts to score, under whatever name the dialect gives them. */
  readonly texts: readonly string[];
  /** `left`: the client closed the connection before the answer was sent. */
  outcome: "pending" | "answered" | "left";
}

/** The score that every stub gives a text: from 0 to 1, so that it fits each scale. */
export function stubScore(text: string): number {
  const sum = Array.from(text).reduce(
    (hash, letter) => (hash * 31 + letter.charCodeAt(0)) % 997,
    7,
  );
  return sum / 997;
}

/** The results of a correct answer, best first as servers send them. */
export function resultsOf(texts: readonly string[]): { index: number; score: number }[] {
  return texts
    .map((text, index) => ({ index, score: stubScore(text) }))
    .toSorted((a, b) => b.score - a.score);
}

/** Writes results as the server does that takes such a request. */
export function answerTo(
  body: Readonly<Record<string, unknown>>,
  results: readonly { readonly index?: unknown; readonly score?: unknown }[],
): unknown {
  if ("texts" in body) return results; // Text Embeddings Inference.
  if ("input" in body) return { data: results.map((result) => ({ ...result, object: "rank" })) }; // Mixedbread.
  if ("text_2" in body) return { object: "list", data: results }; // vLLM at /score.
  const list = results.map(({ index, score }) => ({ index, relevance_score: score }));
  return "top_k" in body ? { object: "list", data: list } : { results: list }; // Voyage, and all others.
}

/** A rerank server on this machine, which speaks every dialect. */
export class RerankStub implements AsyncDisposable {
  readonly requests: StubRequest[] = [];
  /** Decides what is done with a request; each is answered unless a test says otherwise. */
  decide: (request: StubRequest, index: number) => StubTurn | Promise<StubTurn> = () => "answer";
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((request, response) => {
      this.#answer(request, response).catch((error: Error) => response.destroy(error));
    });
  }

  static async start(): Promise<RerankStub> {
    const stub = new RerankStub();
    stub.#server.listen(0, "127.0.0.1");
    await once(stub.#server, "listening");
    return stub;
  }

  get url(): string {
    const address = this.#server.address();
    if (typeof address !== "object" || address === null) throw new Error("Not listening.");
    return `http://127.0.0.1:${address.port}`;
  }

  /** Does these in order, and answers what comes after them. */
  plan(...turns: readonly StubTurn[]): void {
    this.requests.length = 0;
    this.decide = (_request, index) => turns[index] ?? "answer";
  }

  /** Closes every connection. */
  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, "close");
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await json(request).then((value) => Object(value));
    const texts = body.texts ?? body.documents ?? body.text_2 ?? body.input;
    const { url: path = "", headers } = request;
    const seen: StubRequest = { path, headers, body, texts, outcome: "pending" };
    response.on("close", () => {
      seen.outcome = response.writableFinished ? "answered" : "left";
    });
    this.requests.push(seen);
    const turn = await this.decide(seen, this.requests.length - 1);
    const whole = JSON.stringify(answerTo(body, resultsOf(texts)));
    if (turn === "hang") return;
    if (turn === "reset") return void request.socket.resetAndDestroy();
    if (turn === "hang-within" || turn === "reset-within") {
      response.writeHead(200, { "content-length": whole.length }).write(whole.slice(0, 10));
      if (turn === "reset-within") setImmediate(() => request.socket.resetAndDestroy());
      return;
    }
    const given = turn === "answer" ? {} : turn;
    const { status = 200, headers: more = {}, body: text = whole, firstPart } = given;
    response.writeHead(status, { "content-type": "application/json", ...more });
    if (firstPart !== undefined) {
      response.write(firstPart);
      await wait(20);
    }
    response.end(text);
  }
}
