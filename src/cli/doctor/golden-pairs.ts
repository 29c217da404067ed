import { knownPairs, logitTolerance } from "../../model/files/bundled-models.ts";
import type { PairScorer } from "../../ranking/pair-scorer.ts";
import { ok, problem, type Finding } from "./finding.ts";

const query = "What is the capital of France?";
const relevant = "Paris is the capital of France.";
const irrelevant = "Bananas are rich in potassium.";

/** Checks that a cross-encoder reads both sides of a pair, and scores answers above other texts. */
export async function checkPairs(scorer: PairScorer): Promise<Finding[]> {
  const { scores: both } = await scorer.score(query, [relevant, irrelevant, ""]);
  const [good = Number.NaN, bad = Number.NaN, noText] = both;
  const otherQuery = await scoreOf(scorer, "How is bread baked?", relevant);
  const noQuery = await scoreOf(scorer, "", relevant);
  const swapped = await scoreOf(scorer, relevant, query);
  const what = "golden pairs";
  if (![good, bad, otherQuery].every(Number.isFinite)) {
    return [problem(what, "some scores are not numbers", getAgain)];
  }
  const unread = [
    ...(good === bad || good === noText ? ["another document"] : []),
    ...(good === otherQuery || good === noQuery ? ["another query"] : []),
    ...(good === swapped ? ["query and document swapped"] : []),
  ];
  const scores = `relevant ${good.toFixed(2)}, irrelevant ${bad.toFixed(2)}`;
  return [
    unread.length === 0
      ? ok(`${what}: both sides`, "query and document both affect the score")
      : problem(`${what}: both sides`, `same score for ${unread.join(", ")}`, getAgain),
    good > bad
      ? ok(`${what}: order`, scores)
      : problem(
          `${what}: order`,
          `${scores}: expected the relevant text to score higher`,
          getAgain,
        ),
  ];
}

/** Checks a bundled model against its recorded logits. */
export async function checkKnownLogits(
  scorer: PairScorer,
  logits: readonly number[],
): Promise<Finding> {
  const what = "golden pairs: logits";
  const scores: number[] = [];
  for (const pair of knownPairs) scores.push(await scoreOf(scorer, pair.query, pair.text));
  const largest = largestDifference(scores, logits);
  if (largest <= logitTolerance) {
    return ok(what, `within ${largest.toFixed(2)} of the recorded logits`);
  }
  return problem(
    what,
    `expected the recorded logits ${inWords(logits)}, got ${inWords(scores)}`,
    getAgain,
  );
}

/** Checks that the int8 graph scores like the fp32 graph of the same model. */
export async function checkDrift(int8: PairScorer, fp32: PairScorer): Promise<Finding> {
  const what = "int8 against fp32";
  const largest = largestDifference(await scoresOf(int8), await scoresOf(fp32));
  const here = `largest difference ${largest.toFixed(2)} on ${knownPairs.length + 2} pairs`;
  if (largest <= mostDrift) return ok(what, here);
  return problem(
    what,
    here,
    'Pass dtype "fp32", or quantise the model again with per-channel weights.',
  );
}

/** In logits: a larger drift reorders passages with clearly different scores. */
const mostDrift = 1;

const getAgain =
  "Run `npx langchain-rerank models verify`, download the model again, and check that it is a cross-encoder exported with its own tokenizer.";

/** NaN differences count as infinite. */
function largestDifference(scores: readonly number[], expected: readonly number[]): number {
  const differences = scores.map((score, index) => Math.abs(score - (expected[index] ?? score)));
  return differences.some(Number.isNaN) ? Infinity : Math.max(0, ...differences);
}

async function scoreOf(scorer: PairScorer, asked: string, text: string): Promise<number> {
  const { scores } = await scorer.score(asked, [text]);
  return scores[0] ?? Number.NaN;
}

/** The scores of all pairs, in a fixed order. */
async function scoresOf(scorer: PairScorer): Promise<number[]> {
  const scores = [...(await scorer.score(query, [relevant, irrelevant])).scores];
  for (const pair of knownPairs) scores.push(await scoreOf(scorer, pair.query, pair.text));
  return scores;
}

function inWords(values: readonly number[]): string {
  return values.map((value) => value.toFixed(2)).join(", ");
}
