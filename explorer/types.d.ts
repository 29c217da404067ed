import type { Explanation } from "../src/server/explorer/explain-passage.ts";
import type { SearchSettings } from "../src/server/explorer/explorer-options.ts";

export type { Explanation };
export type { ShownJudgements } from "../src/server/explorer/explorer-routes.ts";
export type { Judgement } from "../src/server/explorer/judgement-files.ts";
export type { EntryView, PassageView, SearchView } from "../src/server/explorer/search-view.ts";
export type { TokenMatches } from "../src/rerankers/token-matches.ts";
export type Settings = SearchSettings;
export type Grade = 0 | 1 | 2;

/** What the server can do. */
export interface Info {
  readonly isHybrid: boolean;
  readonly fusions: readonly string[];
  readonly rerankers: readonly string[];
  readonly comparesTokens: boolean;
  readonly savesJudgements: boolean;
  /** Tells the index from others at the same address. */
  readonly storeId?: string;
  readonly mostCandidates: number;
  readonly examples: readonly string[];
}

/** A list as a column of the page. */
export interface ColumnView {
  readonly name: string;
  readonly title: string;
  readonly hint: string;
  readonly entries: readonly import("../src/server/explorer/search-view.ts").EntryView[];
  /** How many of the first entries are the result; 0 for the list of an earlier stage. */
  readonly kept: number;
}
