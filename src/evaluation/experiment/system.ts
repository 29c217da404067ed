import type { DocumentInterface } from "@langchain/core/documents";
import { untilAborted } from "../../abort.ts";
import { isPlain } from "../../documents/plain-object.ts";
import { requireDocuments } from "../../documents/require-documents.ts";
import type { RetrievalTrace, StageTrace } from "../../documents/retrieval-trace.ts";
import { describe, requireMethods, RetrievalError } from "../../errors.ts";
import type { QueryOutcome } from "./experiment-result.ts";
import { foundDocuments, type IdOf } from "./found-documents.ts";

/** Any LangChain retriever. */
export interface InvokedSystem {
  /** Returns the documents for a query, best first. */
  invoke(
    query: string,
    options?: { readonly signal?: AbortSignal },
  ): Promise<readonly DocumentInterface[]>;
}

/** The part of a search's trace that an experiment reads. */
export type SearchTrace = Pick<RetrievalTrace, "documents"> &
  Partial<Pick<RetrievalTrace, "candidates">> & {
    readonly stages: readonly Omit<StageTrace, "documents">[];
  };

/** A system whose searches report their stages, such as a `TwoStageRetriever`. */
export interface TracedSystem {
  /** Returns the documents for a query, best first, with the stages that produced them. */
  search(query: string, options?: { readonly signal?: AbortSignal }): Promise<SearchTrace>;
}

/** A system to measure. If it has both `search` and `invoke`, `search` is used. */
export type System = InvokedSystem | TracedSystem;

/** Throws `invalid-option` if a system has neither `search` nor `invoke`, before any query is asked. */
export function requireSystems(systems: Readonly<Record<string, System>>): void {
  if (typeof systems !== "object" || systems === null || !isPlain(systems)) {
    throw new RetrievalError(
      "invalid-option",
      `Expected \`systems\` to be an object of retrievers by name such as \`{ bm25: retriever }\`, got ${describe(systems)}.`,
    );
  }
  for (const [name, system] of Object.entries(systems)) {
    const isTraced = typeof Reflect.get(Object(system), "search") === "function";
    const expected = "a retriever, or an object whose search returns a trace";
    requireMethods(`systems.${name}`, system, expected, [isTraced ? "search" : "invoke"]);
  }
}

/**
 * Asks a system one query and returns the outcome. Rejects with the system's error, with the signal's reason as
 * soon as it is aborted, and with `invalid-input` if the result is not a list of documents.
 */
export async function askSystem(
  system: System,
  query: string,
  { idOf, signal }: { readonly idOf: IdOf; readonly signal?: AbortSignal | undefined },
): Promise<QueryOutcome> {
  const startedAt = performance.now();
  const trace = await untilAborted(traceOf(system, query, signal), signal);
  const milliseconds = performance.now() - startedAt;
  const failed = trace.stages.flatMap(({ name, failure }): [string, string][] =>
    failure === undefined ? [] : [[name, failure]],
  );
  return {
    documents: foundDocuments(trace, idOf),
    stages: stageTimes(trace.stages),
    milliseconds,
    ...(failed.length > 0 ? { stageFailures: new Map(failed) } : {}),
  };
}

/** Milliseconds by stage; stages with the same name are added up. */
export function stageTimes(stages: SearchTrace["stages"]): Map<string, number> {
  const times = new Map<string, number>();
  for (const { name, milliseconds } of stages) {
    times.set(name, (times.get(name) ?? 0) + milliseconds);
  }
  return times;
}

async function traceOf(
  system: System,
  query: string,
  signal: AbortSignal | undefined,
): Promise<SearchTrace> {
  const options = signal === undefined ? {} : { signal };
  if ("search" in system) {
    const trace = await system.search(query, options);
    requireList("search(query).documents", trace.documents);
    requireList("search(query).stages", trace.stages);
    const documents = requireDocuments("search(query).documents", trace.documents);
    return { ...trace, documents };
  }
  const documents = await system.invoke(query, options);
  requireList("invoke(query)", documents);
  return { documents: requireDocuments("invoke(query)", documents), stages: [] };
}

function requireList(name: string, value: unknown): void {
  if (Array.isArray(value)) return;
  throw new RetrievalError(
    "invalid-input",
    `Expected \`${name}\` to be a list, got ${typeof value}: pass a retriever, or an object whose search returns a trace.`,
  );
}
