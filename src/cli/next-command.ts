import {
  defaultCollection,
  defaultModels,
  defaultStore,
  type PipelineOptions,
} from "./pipeline.ts";

/** The command that searches the stored passages, with every option that it needs again. */
export function searchCommand(given: SearchedOptions): string {
  const usual = { ...defaultModels, store: defaultStore, collection: defaultCollection };
  const names = ["model", "reranker", "store", "collection"] as const;
  const options = names.flatMap((name) => {
    const value = given[name] ?? usual[name];
    return value === usual[name] ? [] : [` --${name} ${quoted(value)}`];
  });
  return `npx langchain-rerank search "your question"${options.join("")}`;
}

type SearchedOptions = Pick<PipelineOptions, "model" | "store" | "collection"> &
  Partial<Pick<PipelineOptions, "reranker">>;

/** A word as it is typed in a shell. */
function quoted(word: string): string {
  return /^[\w./:@-]+$/.test(word) ? word : JSON.stringify(word);
}
