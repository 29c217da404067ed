import { Hono, type Context } from "hono";
import { CachedScorer } from "../../cross-encoder/cached-scorer.ts";
import { CrossEncoderReranker } from "../../cross-encoder/cross-encoder-reranker.ts";
import { OnnxCrossEncoder } from "../../cross-encoder/onnx-cross-encoder.ts";
import { hashId } from "../../documents/identity.ts";
import type { RetrievalTrace } from "../../documents/retrieval-trace.ts";
import { messageOf, RetrievalError, type RetrievalErrorCode } from "../../errors.ts";
import { fusionNames } from "../../fusion/named-fusion.ts";
import { required, text } from "../../option-rules.ts";
import { requireOptions, type OptionRules } from "../../options.ts";
import type { SearchIndex } from "../../retrieval/search-index.ts";
import { readBody } from "../read-body.ts";
import { RequestError } from "../request-error.ts";
import { exampleQuestions } from "./example-questions.ts";
import { explainPassage, foundPassage } from "./explain-passage.ts";
import {
  mostCandidates,
  requireExplorerOptions,
  requirePassage,
  requireSearch,
  shortText,
  type ExplorerOptions,
  type SearchRequest,
} from "./explorer-options.ts";
import { JudgementFiles, type Judgement } from "./judgement-files.ts";
import { pageFileNames, PageFiles, setSafetyHeaders } from "./page-files.ts";
import { searchView } from "./search-view.ts";

/**
 * The page of the explorer at `/`, and its files under `/explorer/`. They hold no data: they need no API key, and a link
 * on another site may lead to them.
 */
export function explorerPage(): Hono {
  const page = new PageFiles();
  const app = new Hono();
  app.get("/", (c) => page.page(c));
  for (const name of pageFileNames) app.get(`/explorer/${name}`, (c) => page.file(c, name));
  return app;
}

/** The judgements that the page shows. */
export interface ShownJudgements {
  readonly judgements: readonly Judgement[];
  /** Why there are none, and what to do about it. Until then none is saved. */
  readonly problem?: string;
}

const apiPaths = ["info", "search", "explain", "tokens", "judgements"].map(
  (name) => `/explorer/api/${name}`,
);

/** How an access log names the paths of the explorer. The files of the page are one route. */
export const explorerRoutes: ReadonlyMap<string, string> = new Map([
  ["/", "/"],
  ...pageFileNames.map((name) => [`/explorer/${name}`, "/explorer/*"] as const),
  ...apiPaths.map((path) => [path, path] as const),
]);

/**
 * What the page asks for, under `/explorer/api/`. A wrong request is answered with the reason; other errors go to the app
 * on which the routes are mounted. A signal that an earlier handler has set as the variable `signal` ends a search, as
 * does a client that has gone. A search sets the variable `trace`, from which metrics are counted.
 *
 * @throws `invalid-option` if `judgements` is no folder
 */
export function explorerApi(options: ExplorerOptions): Hono {
  const { index, rerankers = {}, tokenScorer, ...given } = requireExplorerOptions(options);
  const most = Math.min(given.mostCandidates ?? mostCandidates, mostCandidates);
  const judgements =
    given.judgements === undefined ? undefined : new JudgementFiles(given.judgements);
  const indexes = new Map(
    Object.entries(rerankers).map(([name, reranker]) => [
      name,
      index.withReranker(keepingScores(reranker)),
    ]),
  );
  let searched: SearchIndex | undefined;
  const app = new Hono();

  app.get(
    "/explorer/api/info",
    answer(async () => ({
      isHybrid: index.isHybrid,
      fusions: fusionNames,
      rerankers: [...indexes.keys()],
      comparesTokens: tokenScorer !== undefined,
      savesJudgements: judgements !== undefined,
      // The id may be a path of this machine.
      storeId: index.id === undefined ? undefined : hashId([index.id]),
      mostCandidates: most,
      examples: given.examples ?? (await exampleQuestions(index, judgements)),
    })),
  );
  app.post(
    "/explorer/api/search",
    answer(async (c) => {
      const request = requireSearch(await bodyOf(c), most);
      return searchView(await search(request, c));
    }),
  );
  app.post(
    "/explorer/api/explain",
    answer(async (c) => {
      const { id, ...request } = requirePassage(await bodyOf(c), most);
      const trace = await search(request, c);
      return explainPassage(index, trace, foundPassage(trace, id), signalOf(c));
    }),
  );
  app.post(
    "/explorer/api/tokens",
    answer(async (c) => {
      const { id, ...request } = requirePassage(await bodyOf(c), most);
      if (!tokenScorer) return { tokens: [], matches: [] };
      const { pageContent } = foundPassage(await search(request, c), id);
      return tokenScorer.explain(request.question, pageContent, { signal: signalOf(c) });
    }),
  );
  app.get(
    "/explorer/api/judgements",
    answer(async () => (judgements ? shownJudgements(judgements) : { judgements: [] })),
  );
  app.put(
    "/explorer/api/judgements",
    answer(async (c) => {
      const judgement = judgementOf(await bodyOf(c));
      if (!judgements) {
        throw new RetrievalError(
          "invalid-input",
          "Expected a folder to save judgements in, got none: start the server with one, or download the judgements from the page.",
        );
      }
      await judgements.set(judgement).catch((error: unknown) => {
        throw isWrongOption(error) ? new Error(messageOf(error), { cause: error }) : error;
      });
      return { isSaved: true };
    }),
  );

  async function search(
    { question, settings: { reranker, ...settings } }: SearchRequest,
    c: Context,
  ): Promise<RetrievalTrace> {
    const signal = signalOf(c);
    const candidateCount = Math.min(50, most);
    const trace = await chosen(reranker).search(question, { candidateCount, ...settings, signal });
    c.set("trace", trace);
    return trace;
  }

  function chosen(name: string | undefined): SearchIndex {
    const found = name === undefined ? (searched ??= keepingIndex(index)) : indexes.get(name);
    if (found) return found;
    throw new RetrievalError(
      "invalid-option",
      `Expected \`reranker\` to be one of ${[...indexes.keys()].join(", ")}, got another name: leave it out, or choose one of them.`,
    );
  }

  return app;
}

/** What is judged, or why that is not known: a search needs no judgements. */
async function shownJudgements(files: JudgementFiles): Promise<ShownJudgements> {
  try {
    return { judgements: await files.read() };
  } catch (error) {
    if (!(error instanceof RetrievalError)) throw error;
    return { judgements: [], problem: error.message };
  }
}

/** The index with the scores of its own reranker kept. */
function keepingIndex(index: SearchIndex): SearchIndex {
  const reranker = keepingScores(index.reranker);
  return reranker === index.reranker ? index : index.withReranker(reranker);
}

/** So that a move of a slider asks no scorer for scores that it has given: a local cross-encoder keeps its own. */
function keepingScores(reranker: CrossEncoderReranker): CrossEncoderReranker {
  // A subclass may rerank in another way; a list reranker gives no scores.
  if (reranker.constructor !== CrossEncoderReranker || reranker.ranker) return reranker;
  const { scorer } = reranker;
  return scorer instanceof OnnxCrossEncoder
    ? reranker
    : reranker.withScorer(new CachedScorer(scorer));
}

function signalOf(c: Context): AbortSignal {
  const set: unknown = c.get("signal");
  return set instanceof AbortSignal ? set : c.req.raw.signal;
}

/** Answers with JSON that no cache keeps, even if the request is wrong. */
function answer(handle: (c: Context) => Promise<object>): (c: Context) => Promise<Response> {
  return async (c) => {
    setSafetyHeaders(c);
    c.header("Cache-Control", "no-store");
    try {
      return c.json(await handle(c));
    } catch (error) {
      if (error instanceof RequestError && error.status === 413) {
        return refuse(c, 413, { code: "invalid-input", message: error.message });
      }
      if (!(error instanceof RetrievalError) || !wrongRequest.has(error.code)) throw error;
      return refuse(c, 400, error);
    }
  };
}

/** The judgement itself was checked before, so this is about the server's folder, which the page must not name. */
function isWrongOption(error: unknown): boolean {
  return error instanceof RetrievalError && error.code === "invalid-option";
}

/** Messages of other errors may hold texts or paths. */
const wrongRequest: ReadonlySet<RetrievalErrorCode> = new Set(["invalid-option", "invalid-input"]);

function refuse(
  c: Context,
  status: 400 | 413,
  { code, message }: Pick<RetrievalError, "code" | "message">,
): Response {
  return c.json({ error: { code, message } }, status);
}

/** The object in the body. A page of another origin cannot send this content type without being asked first. */
async function bodyOf<Body extends object>(c: Context): Promise<Body> {
  const type = c.req.header("Content-Type") ?? "";
  const isJson = /^application\/json\s*(?:;|$)/i.test(type);
  const bytes = isJson ? await readBody(c.req.raw, mostBytes) : undefined;
  const body: Body | undefined = bytes && jsonOf(bytes);
  if (typeof body === "object" && body !== null && !Array.isArray(body)) return body;
  throw new RetrievalError(
    "invalid-input",
    "Expected a JSON object with the content type application/json, got something else.",
  );
}

/** A question and its settings are much shorter. */
const mostBytes = 65_536;

function jsonOf(bytes: Uint8Array): ReturnType<typeof JSON.parse> {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
}

const judgementRules: OptionRules<Judgement> = {
  question: required(shortText),
  id: required(text),
  grade: (name, value) => {
    if (value === null || value === 0 || value === 1 || value === 2) return;
    throw new RetrievalError(
      "invalid-option",
      `Expected \`${name}\` to be 0, 1, 2, or null to remove the judgement, got another value.`,
    );
  },
};

function judgementOf(body: Judgement): Judgement {
  const { question, id, grade } = requireOptions("the judgement", body, judgementRules);
  return { question, id, grade: grade ?? undefined };
}
