import { RetrievalError, messageOf } from "../../errors.ts";
import { BatchRunner } from "./batch-runner.ts";
import { unavailable } from "./device.ts";
import { MaxSim } from "./max-sim.ts";
import { probeInt8, probeProvider } from "./probes.ts";
import type { ModelSession } from "./session.ts";
import { openTaskPort } from "./task-port.ts";
import type { Encode } from "../tokens/encode.ts";
import { encodeOrCut } from "../tokens/text-windows.ts";
import { loadTokenizer } from "../tokens/tokenizer.ts";
import type {
  EndOfWork,
  TokenLists,
  WorkerAnswer,
  WorkerModel,
  WorkerTask,
} from "./worker-messages.ts";

/**
 * Makes this worker accept tasks: it tokenises and runs one model, one task at a time, so that the calling
 * thread is never blocked. `loadSession` creates the runtime session.
 */
export function serveTasks(loadSession: (model: WorkerModel) => Promise<ModelSession>): void {
  const port = openTaskPort();
  let runner: BatchRunner | undefined;
  let encode: Promise<Encode> | undefined;
  const maxSim = new MaxSim();

  const perform = async (task: WorkerTask): Promise<WorkerAnswer> => {
    if (task.kind === "probe") {
      await probeProvider(task.provider);
      return { kind: "probed" };
    }
    if (task.kind === "probe-int8") {
      return { kind: "probed-int8", ...(await probeInt8(task.rounds)) };
    }
    if (task.kind === "load") {
      runner = new BatchRunner(await opened(task.model, loadSession), task.model.rowsPerRun);
      return { kind: "loaded" };
    }
    if (task.kind === "encode") {
      // Loads the vocabulary at first use: it is large, and a single worker may do all the tokenising.
      encode ??= loadTokenizer(task.tokenizerPath);
      return encodeAll(task, await encode);
    }
    if (task.kind === "compare") {
      return { kind: "compared", scores: await maxSim.score(task.comparison) };
    }
    if (!runner)
      throw new RetrievalError(
        "worker-failed",
        "A worker received a task before it loaded the model.",
      );
    return { kind: "ran", results: await runner.run(task.batch) };
  };
  const take = async (task: WorkerTask | EndOfWork): Promise<void> => {
    if (task.kind === "end") return port.close(take);
    try {
      const answer = await perform(task);
      port.answer(answer, transferables(answer));
    } catch (error) {
      const code = error instanceof RetrievalError ? error.code : "worker-failed";
      const message = messageOf(error);
      port.answer({ kind: "failed", code, message });
    }
  };
  port.listen(take);
  port.answer({ kind: "ready" });
}

async function opened(
  model: WorkerModel,
  loadSession: (model: WorkerModel) => Promise<ModelSession>,
): Promise<ModelSession> {
  try {
    return await loadSession(model);
  } catch (cause) {
    if (cause instanceof RetrievalError) throw cause;
    if (model.provider !== "cpu") throw unavailable(model.provider, cause);
    const graphs = [model.graphPath, model.decoder?.path].filter(Boolean).join(" and ");
    throw new RetrievalError(
      "model-damaged",
      model.widensInt8
        ? `ONNX Runtime could not load ${graphs} with exact int8 sums, which this processor needs: ${String(cause)}. Pass \`dtype: "fp32"\`.`
        : `ONNX Runtime could not load ${graphs}: delete the file and fetch it again, or pass another \`dtype\`. Its error: ${String(cause)}`,
    );
  }
}

function encodeAll(
  { texts, cuts }: Extract<WorkerTask, { readonly kind: "encode" }>,
  encode: Encode,
): WorkerAnswer {
  const encoded = texts.map((text, index) => encodeOrCut(text, cuts[index], encode));
  return {
    kind: "encoded",
    tokens: concatenate(encoded.map(({ ids }) => ids)),
    cuts: encoded.map(({ cut }) => cut),
  };
}

function concatenate(lists: readonly (readonly number[])[]): TokenLists {
  const ends = new Int32Array(lists.length);
  let total = 0;
  for (const [index, list] of lists.entries()) ends[index] = total += list.length;
  const ids = new Int32Array(total);
  for (const [index, list] of lists.entries()) ids.set(list, (ends[index] ?? 0) - list.length);
  return { ids, ends };
}

function transferables(answer: WorkerAnswer): ArrayBuffer[] {
  if (answer.kind === "encoded") return [answer.tokens.ids.buffer, answer.tokens.ends.buffer];
  if (answer.kind === "compared") return [answer.scores.buffer];
  return answer.kind === "ran" ? [answer.results.values.buffer, answer.results.ends.buffer] : [];
}
