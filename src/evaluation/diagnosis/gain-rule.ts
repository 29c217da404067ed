import { candidatePool, oracleOf } from "./candidate-pool.ts";
import { type DiagnosisCase, significanceLevel, worthwhileGain } from "./diagnosis-case.ts";
import type { Finding, FindingCode, Severity } from "./finding.ts";
import { percent, score, signedPercent } from "./number-words.ts";

/**
 * As a share of the baseline's mean. With a potential gain below 10 %, a reranker must realise a third of it to
 * gain 3 %.
 */
const littleRoom = 0.1;

/** The reranker gains little: because little can be gained, or because the model does not suit the data. */
export function findSmallGain(diagnosis: DiagnosisCase): Finding[] {
  const { difference, baselineMean, challengerMean, pValue, measure } = diagnosis.comparison;
  const isHarm = difference < 0 && pValue <= significanceLevel;
  const isWorthwhile = difference > 0 && difference >= worthwhileGain * baselineMean;
  if (isHarm || isWorthwhile) return [];
  const gain = baselineMean === 0 ? 0 : difference / baselineMean;
  const oracle = oracleOf(candidatePool(diagnosis), diagnosis)?.mean;
  const seen = `${measure} is ${score(challengerMean)} with ${diagnosis.challenger.name} and ${score(baselineMean)} with ${diagnosis.baseline.name}: ${signedPercent(gain)}, less than the ${percent(worthwhileGain)} expected of reranking.`;
  const figures = { gain, baselineMean, challengerMean, threshold: worthwhileGain };
  if (oracle === undefined) return [finding(...unexplained, seen, figures)];
  const room = oracle - baselineMean;
  const best = `The same candidates in their best order would reach ${score(oracle)}`;
  const [kind, words] =
    room < littleRoom * baselineMean
      ? [fulfilled, `${seen} ${best}, so little is left to gain.`]
      : [unfit, `${seen} ${best}, so a gain is possible, but the model does not achieve it.`];
  return [finding(...kind, words, { ...figures, oracle, room, littleRoom })];
}

type Kind = readonly [code: FindingCode, severity: Severity, remedy: string];

const fulfilled: Kind = [
  "little-room",
  "info",
  "The first stage ranks these questions well: turn reranking off to save time, or test with harder questions.",
];

const unfit: Kind = [
  "unused-room",
  "warning",
  "The reranker does not suit these texts: try a larger one or one for your language and domain, blend its scores with the first stage's, and check whether passages are truncated.",
];

const unexplained: Kind = [
  "small-gain",
  "warning",
  "To see how much the candidates could still gain, pass `sweep`, or put a measure of this package first.",
];

function finding(
  code: FindingCode,
  severity: Severity,
  remedy: string,
  message: string,
  figures: Readonly<Record<string, number>>,
): Finding {
  return { code, severity, message, remedy, figures };
}
