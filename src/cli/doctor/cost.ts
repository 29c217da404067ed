import { measureCost } from "../../cross-encoder/measure-cost.ts";
import { expectedMilliseconds } from "../../model/queue/row-cost.ts";
import { shown, type Shown } from "../terminal.ts";

type Measured = Awaited<ReturnType<typeof measureCost>>;

/** The cost of a query with the model on this machine, in words. */
export function costWords(model: string, measured: Measured): Shown {
  const { cost, workers, threads, dtype, arithmetic, provider } = measured;
  const { pairsPerSecond, msFor50, msFor100 } = costNumbers(measured);
  const [fixed, perToken] = [cost.fixedMs.toFixed(2), cost.perTokenMs.toFixed(4)];
  return shown`
${model} (${dtype}, arithmetic ${arithmetic}, ${provider}, ${workers} x ${threads} threads), measured on ${cost.rows} pairs:
one pair costs ${fixed} ms plus ${perToken} ms per token; at 128 tokens, that is ${pairsPerSecond.toFixed(0)} pairs per second,
${msFor50.toFixed(0)} ms for 50 candidates and ${msFor100.toFixed(0)} ms for 100.`;
}

/** The cost at 128 tokens, for `--json`. */
export function costNumbers(measured: Measured): {
  readonly pairsPerSecond: number;
  readonly msFor50: number;
  readonly msFor100: number;
} {
  const milliseconds = (pairs: number): number =>
    expectedMilliseconds(measured, { pairs, tokens: 128 });
  const msFor100 = milliseconds(100);
  return { pairsPerSecond: (1000 * 100) / msFor100, msFor50: milliseconds(50), msFor100 };
}
