import { identityOf } from "../../documents/identity.ts";
import type { PrefixCheck } from "./pool.ts";
import type { PoolingRetriever } from "./pooling-retriever.ts";

/**
 * Asks the first stage for a tenth, for half and for all of `depth`, for the first queries. Counts the lists
 * that are not a prefix of the longest one. A query that fails is not counted.
 */
export async function checkPrefixes(
  retriever: PoolingRetriever,
  queries: ReadonlyMap<string, string>,
  { depth, signal }: { readonly depth: number; readonly signal?: AbortSignal | undefined },
): Promise<PrefixCheck> {
  const firstStage = async (text: string, count: number): Promise<string[]> => {
    const control = signal === undefined ? {} : { signal };
    const options = { k: count, candidateCount: count, rerank: false, ...control };
    return (await retriever.search(text, options)).candidates.map(identityOf);
  };
  const counts = [Math.ceil(depth / 10), Math.ceil(depth / 2)].filter((count) => count < depth);
  let [checked, differing] = [0, 0];
  for (const text of [...queries.values()].slice(0, mostQueries)) {
    try {
      const whole = await firstStage(text, depth);
      for (const count of counts) {
        const part = await firstStage(text, count);
        const expected = whole.slice(0, count);
        checked += 1;
        differing += Number(part.join("\n") !== expected.join("\n"));
      }
    } catch {
      signal?.throwIfAborted(); // The failure is reported when the query is asked.
    }
  }
  return { checked, differing };
}

const mostQueries = 5;
