import { RetrievalError } from "../../errors.ts";
import type { LogitScoreModule } from "../files/head-modules.ts";
import { floatAt, type OutputTensor } from "../tokens/tensor-data.ts";
import { rowsOf } from "./head-runner.ts";
import type { RowValues } from "./worker-messages.ts";

/** The logits of a language model `[rows, length, vocabulary]`. */
export interface LogitTensor extends OutputTensor {
  readonly dims: readonly number[];
}

/**
 * Scores each row by its logits after the last token that is not padding. Reads nothing else: the logits of one row
 * of 512 tokens take 300 MB.
 *
 * @throws `model-mismatch` if a token is not in the vocabulary
 */
export function scoreLogits(
  logits: LogitTensor,
  counts: Int32Array,
  { trueToken, falseToken }: LogitScoreModule,
): RowValues {
  const [, length = 0, vocabulary = 0] = logits.dims;
  const last = Math.max(trueToken, falseToken ?? 0);
  if (last >= vocabulary) {
    throw new RetrievalError(
      "model-mismatch",
      `Expected token ${last}, whose logit is the score, in the vocabulary of the graph, got one of ${vocabulary} tokens: use all files from the same model.`,
    );
  }
  const values = Float32Array.from(counts, (count, row) => {
    const start = (row * length + count - 1) * vocabulary;
    const no = falseToken === undefined ? 0 : floatAt(logits, start + falseToken);
    return floatAt(logits, start + trueToken) - no;
  });
  return rowsOf({ values, width: 1 });
}
