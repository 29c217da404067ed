import { InferenceSession, type Tensor } from "onnxruntime-node";
import { RetrievalError } from "../../errors.ts";
import { excerptOf } from "../../text/printable.ts";
import { floatsOf } from "../tokens/tensor-data.ts";
import { loadDecoder } from "./decoder.ts";
import { throughExitGate } from "./exit-gate.ts";
import { inputsOf, lengthsOf } from "./graph-inputs.ts";
import { loadHead, rowsOf } from "./head-runner.ts";
import { runGraph } from "./run-graph.ts";
import { scoreLogits } from "./score-logits.ts";
import type { RowBatch, RowValues, WorkerModel } from "./worker-messages.ts";

/** A loaded model; one run takes rows of token ids and returns numbers for each row. */
export interface ModelSession {
  run(batch: RowBatch): Promise<RowValues>;
}

/**
 * Loads the graph or the two graphs of a model on one provider, without fallback to another.
 *
 * @throws `model-mismatch` if the graph has an input that token ids cannot fill
 */
export async function loadSession(model: WorkerModel): Promise<ModelSession> {
  const { graphPath, head } = model;
  const open = (path: string): Promise<InferenceSession> =>
    throughExitGate(() => InferenceSession.create(path, sessionOptions(model)));
  const session = await open(graphPath);
  const decode = model.decoder && loadDecoder(await open(model.decoder.path), model.decoder, model);
  const { output } = head;
  const runHead = await loadHead(head);
  const feeds = inputsOf(session.inputMetadata, model);
  const runAll = async (batch: RowBatch): Promise<Tensor> => {
    if (!decode) return runGraph(session, feeds(batch), output);
    return decode(batch, await runGraph(session, feeds(batch), encoderOutput), output);
  };
  return {
    async run(batch) {
      const found = await runAll(batch).catch((cause: unknown) => {
        throw runFailure(cause, batch, model);
      });
      if (head.logitScore && found.dims.length === 3) {
        const lengths = lengthsOf(batch);
        return scoreLogits(found, decode ? lengths.fill(1) : lengths, head.logitScore);
      }
      const values = floatsOf(found);
      const rows = batch.ends.length;
      const [, length = 0, tokenWidth = 0] = found.dims;
      if (found.dims.length === 3 && head.modules.length > 0) {
        const [counts, { prompts }] = [lengthsOf(batch), batch];
        return runHead({ values, length, width: tokenWidth, counts, prompts });
      }
      const width = values.length / rows;
      const isFlat = found.dims.length <= 2 && Number.isInteger(width);
      // One or two numbers for a text are the labels of a cross-encoder, more are a vector.
      const isScore = head.kind === "score";
      if (isFlat && head.kind !== "tokens" && isScore === width <= 2) {
        return rowsOf({ values, width });
      }
      throw new RetrievalError(
        "model-mismatch",
        `Expected \`${excerptOf(output)}\` of ${graphPath} to hold ${expected[head.kind]}, got the shape [${found.dims.join(", ")}] for a batch of ${rows}.${otherKindHint(head, found.dims)}`,
      );
    },
  };
}

/** What an encoder gives to its decoder. */
const encoderOutput = "last_hidden_state";

const expected = {
  score: "one or two numbers for each text",
  embed: "one vector for each text",
  tokens: "one vector for each token",
} as const satisfies Record<WorkerModel["head"]["kind"], string>;

/** Names the class that takes a model of the other kind, if the output has its shape. */
function otherKindHint({ kind, output }: WorkerModel["head"], dims: readonly number[]): string {
  if (kind === "embed" && dims.length <= 2) {
    return " This is the shape of a cross-encoder: pass the model to `CrossEncoderReranker`.";
  }
  if (kind !== "score" || dims.length !== 3) return "";
  return output === "logits"
    ? " These are the logits of a language model: pass a reranker whose modules.json has a LogitScore, or a model of the catalogue."
    : " This is the shape of a bi-encoder: pass the model to `OnnxEmbeddings`.";
}

/** If a run read beyond the end of a table in the graph, names the files that do not match. */
function runFailure(cause: unknown, { ids }: RowBatch, model: WorkerModel): unknown {
  const [, wanted, last] =
    /out of data bounds, idx=(\d+) must be within the inclusive range \[-?\d+,(\d+)\]/.exec(
      String(cause),
    ) ?? [];
  if (wanted === undefined) return cause;
  const { graphPath, tokenizerPath } = model;
  return new RetrievalError(
    "model-mismatch",
    ids.includes(Number(wanted))
      ? `Expected token ids up to ${last}, the last in the vocabulary of ${graphPath}, got ${wanted} from ${tokenizerPath}: the tokenizer does not match the graph. Use both from the same model.`
      : `Expected position and segment ids up to ${last}, the last that ${graphPath} has, got ${wanted}: its config.json or tokenizer.json does not match. Use all files from the same model, or pass a smaller \`maxTokens\`.`,
    { cause },
  );
}

/** The parts of a model that decide how its session runs. */
type SessionSettings = Pick<WorkerModel, "provider"> &
  Partial<Pick<WorkerModel, "deviceId" | "threads" | "widensInt8">>;

/** The options of every session: one thread by default, and a thread pool that does not spin. */
export function sessionOptions({
  provider,
  deviceId,
  threads = 1,
  widensInt8 = false,
}: SessionSettings): InferenceSession.SessionOptions {
  return {
    executionProviders: [
      provider === "cuda" && deviceId !== undefined ? { name: provider, deviceId } : provider,
    ],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    logSeverityLevel: 4,
    extra: {
      session: {
        // A spinning pool would use a whole core between queries.
        intra_op: { allow_spinning: "0" },
        // Slower kernels whose int8 sums have 32 bits. They are slower on every x86 processor, even where the
        // fast kernels are exact, so they are used only if a product was seen to saturate.
        x64quantprecision: widensInt8 ? "1" : "0",
      },
    },
  };
}
