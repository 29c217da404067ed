import { addUsage, type ModelUsage } from "../../ranking/model-usage.ts";
import type { ChainAnswer } from "./answering-chain.ts";
import { claimsOf, type Claim } from "./claims.ts";
import type { JudgeClaim } from "./judge.ts";

/**
 * What is known of a claim: whether its cited passages support it; `uncited`, if it cites none; or `unjudged`, if the
 * judge failed or its reply cannot be read.
 */
export type ClaimVerdict = "supported" | "unsupported" | "uncited" | "unjudged";

/** A sentence of an answer with its verdict. */
export interface JudgedClaim extends Claim {
  readonly verdict: ClaimVerdict;
  /** Why a claim is unjudged. */
  readonly reason?: string;
}

/** The claims of one answer, and the requests and tokens of a language model that the judge used. */
export interface JudgedClaims {
  readonly claims: readonly JudgedClaim[];
  readonly usage: ModelUsage | undefined;
}

/** How many claims have which verdict. */
export interface ClaimSummary {
  /** All claims: the sentences of the answers. */
  readonly claims: number;
  readonly supported: number;
  readonly unsupported: number;
  /** Claims without a citation. */
  readonly uncited: number;
  /** Claims on which the judge failed, or whose verdict cannot be read. */
  readonly unjudged: number;
  /**
   * `unsupported` and `uncited` claims as a share of all that are not `unjudged`, in 0..1; `undefined` if there are none.
   */
  readonly unsupportedRate: number | undefined;
  /** The requests and tokens of a language model that the judge used; `undefined` if it used none. */
  readonly usage: ModelUsage | undefined;
}

/** Judges the claims of an answer one after the other; those without citations are not sent to the judge. */
export async function judgeClaims(
  given: ChainAnswer,
  {
    question,
    judge,
    signal,
  }: {
    readonly question: string;
    readonly judge: JudgeClaim;
    readonly signal: AbortSignal | undefined;
  },
): Promise<JudgedClaims> {
  const claims: JudgedClaim[] = [];
  let used: ModelUsage | undefined;
  for (const claim of claimsOf(given)) {
    const passages = claim.cited.flatMap((number) => {
      const document = given.documents[number - 1];
      return document ? [{ number, document }] : [];
    });
    if (passages.length === 0) {
      claims.push({ ...claim, verdict: "uncited" });
      continue;
    }
    signal?.throwIfAborted();
    const before = claims.at(-1)?.text;
    const asked = { question, before, claim: claim.text, passages };
    const { usage, ...verdict } = await judge(asked, signal);
    used = addUsage(used, usage);
    claims.push({ ...claim, ...verdict });
  }
  return { claims, usage: used };
}

/** Counts the verdicts over several answers. */
export function summarizeClaims(answers: Iterable<JudgedClaims>): ClaimSummary {
  const counts = { supported: 0, unsupported: 0, uncited: 0, unjudged: 0 };
  let usage: ModelUsage | undefined;
  for (const judged of answers) {
    for (const { verdict } of judged.claims) counts[verdict] += 1;
    usage = addUsage(usage, judged.usage);
  }
  const wrong = counts.unsupported + counts.uncited;
  const judgedCount = counts.supported + wrong;
  return {
    claims: judgedCount + counts.unjudged,
    ...counts,
    unsupportedRate: judgedCount === 0 ? undefined : wrong / judgedCount,
    usage,
  };
}
