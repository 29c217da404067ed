import { untilAborted } from "../../abort.ts";
import { failureText, quoted } from "../../chat-models/failure-text.ts";
import type { LanguageModel } from "../../chat-models/language-model.ts";
import { readReply, type ModelReply } from "../../chat-models/model-reply.ts";
import { describeNoAnswer } from "../../chat-models/no-answer.ts";
import { tokenUsageOf } from "../../chat-models/token-usage.ts";
import { RetrievalError } from "../../errors.ts";
import { number, runnable } from "../../option-rules.ts";
import { requireOptions, type OptionRules } from "../../options.ts";
import type { ModelUsage } from "../../ranking/model-usage.ts";
import { pairScorer, scoreTexts, type PairScorer } from "../../ranking/pair-scorer.ts";
import { toRelevance } from "../../ranking/relevance.ts";
import { estimateTokens } from "../../text/estimate-tokens.ts";
import { claimPrompt, type ClaimToJudge } from "./claim-prompt.ts";
import { readVerdict } from "./read-verdict.ts";

/** Judges whether cited passages support a claim: a chat model, or a scorer as a cheap stand-in for one. */
export type AnswerJudge = ModelJudge | ScorerJudge;

/** A chat model that judges claims, one request for each; it answers in one word. */
export interface ModelJudge {
  /**
   * Any of LangChain's chat or completion models, or a chain that ends in one; preferably not the one that wrote the
   * answers.
   */
  readonly llm: LanguageModel;
  readonly scorer?: undefined;
  readonly supportThreshold?: undefined;
}

/**
 * A scorer that scores each cited passage for the claim as a query. It measures whether a passage is about the
 * claim, not whether it says the same. In a test with 22 claims of each kind, at the default threshold,
 * rerank-minilm-l6 calls supported: all 22 claims that the passage supports, 9 that are on its subject but not in
 * it, all 22 that it contradicts, and none with a passage on another subject. Use it to find citations of wrong
 * passages, and a chat model for anything else.
 */
export interface ScorerJudge {
  /** Its scores must be logits or probabilities. */
  readonly scorer: PairScorer;
  /** A claim counts as supported if its best passage has at least this relevance, in 0..1. @defaultValue 0.5 */
  readonly supportThreshold?: number | undefined;
  readonly llm?: undefined;
}

/** Whether the cited passages support a claim; `unjudged` if the judge failed or its reply cannot be read. */
interface Verdict {
  readonly verdict: "supported" | "unsupported" | "unjudged";
  /** Why a claim is unjudged. */
  readonly reason?: string;
  readonly usage?: ModelUsage | undefined;
}

/** Judges one claim with at least one passage. Rejects with the signal's reason only. */
export type JudgeClaim = (asked: ClaimToJudge, signal: AbortSignal | undefined) => Promise<Verdict>;

const judgeRules: OptionRules<AnswerJudge> = {
  llm: runnable,
  scorer: pairScorer,
  supportThreshold: number(0, 1),
};

/** Returns the judge as a function, or throws `invalid-option`. */
export function judgeOf(judge: AnswerJudge): JudgeClaim {
  const { llm, scorer, supportThreshold } = requireOptions("judge", judge, judgeRules);
  if ((llm === undefined) === (scorer === undefined)) {
    const got = llm === undefined ? "neither" : "both";
    throw invalid(`Expected \`judge\` to be { llm } or { scorer }, got ${got} of them.`);
  }
  if (llm !== undefined) {
    if (supportThreshold === undefined) return byModel(llm);
    throw invalid(
      "Expected `supportThreshold` of `judge` only together with a scorer, got it with `llm`: leave it out.",
    );
  }
  if (scorer === undefined || scorer.scale === "unbounded") {
    throw invalid(
      `Expected the scores of \`judge.scorer\` to be logits or probabilities, because a threshold applies to them, got "unbounded" of ${scorer?.name}.`,
    );
  }
  return byScorer(scorer, supportThreshold ?? 0.5);
}

function byModel(llm: LanguageModel): JudgeClaim {
  return explained(async (asked, signal) => {
    const prompt = claimPrompt(asked);
    const called = llm.invoke(prompt, signal ? { signal } : {});
    const output = await untilAborted(called, signal);
    const { text, ...reply } = readReply(output, "judge.llm");
    const expected = prompt.reduce((sum, message) => sum + estimateTokens(message.text), 0);
    const usage = { calls: 1, ...tokenUsageOf(output, { expected, text }) };
    const verdict = reply.kind === "text" ? readVerdict(text) : undefined;
    if (verdict !== undefined) return { verdict, usage };
    const reason = `Expected "supported" or "unsupported" from \`judge.llm\`, got ${describeReply(text, reply)}.`;
    return { verdict: "unjudged", reason, usage };
  });
}

function describeReply(text: string, reply: Omit<ModelReply, "text">): string {
  if (text.trim() === "") return describeNoAnswer(reply);
  const { kind, finishReason } = reply;
  const ending = kind === "text" ? "" : ` (finish reason ${quoted(finishReason ?? "", 80)})`;
  return quoted(text.trim(), 80) + ending;
}

function byScorer(scorer: PairScorer, supportThreshold: number): JudgeClaim {
  return explained(async ({ claim, passages }, signal) => {
    const texts = passages.map(({ document }) => document.pageContent);
    const options = signal ? { signal } : {};
    const scored = await untilAborted(scoreTexts(scorer, claim, texts, options), signal);
    const { scores, scoredBy, unscored, failure, usage } = scored;
    const best = Math.max(...toRelevance(scores, scoredBy.scale));
    const isComparable = scoredBy.scale !== "unbounded";
    if (isComparable && unscored.size < texts.length && best >= supportThreshold) {
      return { verdict: "supported", usage };
    }
    if (isComparable && unscored.size === 0) return { verdict: "unsupported", usage };
    const reason = isComparable
      ? `${scorer.name} gave ${unscored.size} of ${texts.length} passages no score${failure ? `: ${failureText(failure)}` : "."}`
      : `The scores of ${scoredBy.name} are neither logits nor probabilities.`;
    return { verdict: "unjudged", reason, usage };
  });
}

/** Makes a failure of the judge the reason of an unjudged claim; an abort rejects. */
function explained(judge: JudgeClaim): JudgeClaim {
  return async (asked, signal) => {
    try {
      return await judge(asked, signal);
    } catch (error) {
      signal?.throwIfAborted();
      return { verdict: "unjudged", reason: failureText(error) };
    }
  };
}

function invalid(message: string): RetrievalError {
  return new RetrievalError("invalid-option", message);
}
