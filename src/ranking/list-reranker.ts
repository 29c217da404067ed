import { describe, requireMethods, RetrievalError } from "../errors.ts";
import { abortSignal, number, text } from "../option-rules.ts";
import type { OptionRule, OptionRules } from "../options.ts";
import { checkedReport, type CallReport } from "./model-usage.ts";
import {
  instructionNotRead,
  requireReader,
  type ScoreOptions,
  type UnscoredReason,
} from "./pair-scorer.ts";

/** Options of one `rank` call. */
export type RankOptions = Omit<ScoreOptions, "onScored">;

/** For rerankers that read no instruction. */
const rankOptionRules: OptionRules<RankOptions> = {
  signal: abortSignal,
  deadlineMs: number(0),
  instruction: instructionNotRead,
};

/** For rerankers that read one. */
export const instructedRankOptionRules: OptionRules<RankOptions> = {
  ...rankOptionRules,
  instruction: text,
};

/** Why the reranker did not rank a text. */
export type UnrankedReason = Exclude<UnscoredReason, "unlikely">;

/** An order of a list of texts. */
export interface ListRanking extends CallReport {
  /** The index of every text, best first, each exactly once. */
  readonly order: readonly number[];
  /**
   * Why the reranker did not rank a text, by its index; such texts keep their order and follow the
   * others. @defaultValue the reranker ranked all texts
   */
  readonly unranked?: ReadonlyMap<number, UnrankedReason> | undefined;
}

/** Orders texts by how well they answer the query: the interface of listwise rerankers, which give no scores. */
export interface ListReranker {
  readonly name: string;
  /** `true` if `rank` reads `instruction`. @defaultValue an instruction is refused */
  readonly readsInstruction?: true | undefined;
  /**
   * Returns an order of all texts. Neither a text that was not ranked nor a model that fails is an error: the
   * result says why, and the texts keep the order in which they were passed.
   *
   * @throws the signal's reason if the signal is aborted
   */
  rank(query: string, texts: readonly string[], options?: RankOptions): Promise<ListRanking>;
}

/** Requires a reranker with a name, which traces show. */
export const listReranker: OptionRule = (name, value) => {
  requireMethods(name, value, "a list reranker, such as a ChatListReranker", ["rank"]);
  text(`${name}.name`, Reflect.get(Object(value), "name"));
};

/** Throws `invalid-option` if one of these options is given, which need scores. */
export function refuseScoreOptions(
  { name }: ListReranker,
  options: object,
  needing: readonly string[],
): void {
  const given = needing.find((option) => Reflect.get(options, option) !== undefined);
  if (given === undefined) return;
  throw new RetrievalError(
    "invalid-option",
    `Expected no \`${given}\`, because the list reranker ${name} gives no scores: leave it out, or use a reranker with a \`scorer\`.`,
  );
}

/** A ranking with a map of the texts that were not ranked. */
export type CompleteRanking = ListRanking & {
  readonly unranked: NonNullable<ListRanking["unranked"]>;
};

/**
 * Ranks the texts, then checks the reranker's result.
 *
 * @throws `invalid-option` for an instruction that the reranker does not read; `model-mismatch` if `order` does
 * not have each index once, or `unranked` is not a map of reasons
 */
export async function rankTexts(
  ranker: ListReranker,
  query: string,
  texts: readonly string[],
  options: RankOptions,
): Promise<CompleteRanking> {
  requireReader(ranker, options.instruction);
  const given = await ranker.rank(query, texts, options);
  const { name } = ranker;
  const order: unknown = given?.order;
  if (!isPermutation(order, texts.length)) {
    const got = Array.isArray(order) ? JSON.stringify(order).slice(0, 80) : describe(given);
    throw new RetrievalError(
      "model-mismatch",
      `Expected \`{ order }\` with each index from 0 to ${texts.length - 1} once from ${name}, got ${got}.`,
    );
  }
  const { unranked = new Map<number, UnrankedReason>() } = given;
  if (!(unranked instanceof Map) || ![...unranked.values()].every((each) => reasons.has(each))) {
    throw new RetrievalError(
      "model-mismatch",
      `Expected \`unranked\` of ${name} to be a Map from index to "deadline", "error" or "budget", got ${unranked instanceof Map ? "another reason" : describe(unranked)}.`,
    );
  }
  return { order, unranked, ...checkedReport(name, given) };
}

const reasons: ReadonlySet<unknown> = new Set<UnrankedReason>(["deadline", "error", "budget"]);

function isPermutation(order: unknown, count: number): order is readonly number[] {
  if (!Array.isArray(order) || order.length !== count) return false;
  const indices = new Set<unknown>(order);
  return Array.from({ length: count }, (_, index) => index).every((index) => indices.has(index));
}
