import type { CrossEncoderReranker } from "../../cross-encoder/cross-encoder-reranker.ts";
import { RetrievalError } from "../../errors.ts";
import {
  boolean,
  choice,
  methods,
  number,
  object,
  record,
  required,
  strings,
  text,
  wholeNumber,
} from "../../option-rules.ts";
import { requireOptions, type OptionRule, type OptionRules } from "../../options.ts";
import { fusionNames, type FusionName } from "../../fusion/named-fusion.ts";
import type { MultiVectorScorer } from "../../rerankers/multi-vector-scorer.ts";
import type { SearchIndex } from "../../retrieval/search-index.ts";

/** What the explorer shows beside its index, and where it keeps judgements. */
export interface ExplorerSettings {
  /** Further rerankers to choose from, by the names to show. @defaultValue the index's own alone */
  readonly rerankers?: Readonly<Record<string, CrossEncoderReranker>> | undefined;
  /**
   * Compares query and passage token by token in an explanation; usually the bi-encoder's model. Its first use loads
   * the model. @defaultValue no comparison by token
   */
  readonly tokenScorer?: MultiVectorScorer | undefined;
  /**
   * Folder in which `queries.jsonl` and `qrels.tsv` are kept: that of the indexed documents, so that `evaluate --data`
   * reads them. @defaultValue the browser keeps judgements and offers them as downloads
   */
  readonly judgements?: string | undefined;
  /** Questions to offer before the first one. @defaultValue headings of the index */
  readonly examples?: readonly string[] | undefined;
}

export interface ExplorerOptions extends ExplorerSettings {
  /** The index to search. */
  readonly index: SearchIndex;
  /** Maximum number of candidates of a search, at least 1. @defaultValue 200 */
  readonly mostCandidates?: number | undefined;
}

const settingRules: OptionRules<ExplorerSettings> = {
  rerankers: record,
  tokenScorer: methods("a MultiVectorScorer", "explain"),
  judgements: text,
  examples: strings,
};

const explorerOptionRules: OptionRules<ExplorerOptions> = {
  index: required(methods("a SearchIndex", "search", "withReranker")),
  mostCandidates: wholeNumber(1),
  ...settingRules,
};

/** An object of known settings. */
export const explorerSettings: OptionRule = (name, value) => {
  object(name, value);
  requireOptions<ExplorerSettings>(name, Object(value), settingRules);
};

export function requireExplorerOptions(options: ExplorerOptions): ExplorerOptions {
  const { rerankers = {} } = requireOptions("explorerApi", options, explorerOptionRules);
  const rule = methods("a CrossEncoderReranker", "rerank");
  for (const [name, reranker] of Object.entries(rerankers)) rule(`rerankers.${name}`, reranker);
  return options;
}

/** The settings of one search, as the page sends them. */
export interface SearchSettings {
  readonly k?: number | undefined;
  readonly candidateCount?: number | undefined;
  readonly hybrid?: boolean | undefined;
  readonly fusion?: FusionName | undefined;
  readonly blend?: number | undefined;
  readonly scoreThreshold?: number | undefined;
  readonly deadlineMs?: number | undefined;
  readonly rerank?: boolean | undefined;
  /** One of the names of `rerankers`. */
  readonly reranker?: string | undefined;
}

/** More would take a small machine minutes. */
export const mostCandidates = 200;

const searchSettingRules: OptionRules<SearchSettings> = {
  k: count,
  candidateCount: count,
  hybrid: boolean,
  fusion: choice(...fusionNames),
  blend: number(0, 1),
  scoreThreshold: number(0, 1),
  deadlineMs: number(0),
  rerank: boolean,
  reranker: text,
};

function count(...[name, value]: Parameters<OptionRule>): void {
  number(1, mostCandidates)(name, value);
  if (Number.isSafeInteger(value)) return;
  throw new RetrievalError(
    "invalid-option",
    `Expected \`${name}\` to be a whole number, got ${String(value)}.`,
  );
}

/** A search that the page asks for. */
export interface SearchRequest {
  readonly question: string;
  readonly settings: SearchSettings;
}

const searchRequestRules: OptionRules<SearchRequest> = {
  question: required(shortText),
  settings: required(record),
};

const passageRequestRules: OptionRules<PassageRequest> = {
  ...searchRequestRules,
  id: required(text),
};

/** A question is embedded and scored with every candidate. */
const mostCharacters = 4000;

export function shortText(...[name, value]: Parameters<OptionRule>): void {
  text(name, value);
  if (String(value).length <= mostCharacters) return;
  throw new RetrievalError(
    "invalid-input",
    `Expected \`${name}\` to have at most ${mostCharacters} characters, got ${String(value).length}.`,
  );
}

/** A passage that a search finds. */
export interface PassageRequest extends SearchRequest {
  readonly id: string;
}

function requireSettings(settings: SearchSettings, most: number): void {
  const { k = 1, candidateCount = 1 } = requireOptions(
    "the settings",
    settings,
    searchSettingRules,
  );
  for (const [name, value] of Object.entries({ k, candidateCount })) number(1, most)(name, value);
}

/** Checks the body of a request for a search. */
export function requireSearch(body: SearchRequest, most: number): SearchRequest {
  const request = requireOptions("the search", body, searchRequestRules);
  requireSettings(request.settings, most);
  return request;
}

/** Checks the body of a request about one of the passages that a search found. */
export function requirePassage(body: PassageRequest, most: number): PassageRequest {
  const request = requireOptions("the explanation", body, passageRequestRules);
  requireSettings(request.settings, most);
  return request;
}
