import { parentPort } from "node:worker_threads";
import { RetrievalError } from "../errors.ts";
import { unavailable } from "./device.ts";
import { loadSession, probeProvider, type ModelSession } from "./session.ts";
import { loadTokenizer, type Encode } from "./tokenizer.ts";
import type {
  EndOfWork,
  FromWorker,
  TokenLists,
  WorkerAnswer,
  WorkerModel,
  WorkerTask,
} from "./worker-messages.ts";

/** Tokenises and runs one model, one task at a time, so that the thread that asks is never held. */
let loaded: { readonly model: WorkerModel; readonly session: ModelSession } | undefined;
let encode: Promise<Encode> | undefined;

async function perform(task: WorkerTask): Promise<WorkerAnswer> {
  if (task.kind === "probe") {
    await probeProvider(task.provider);
    return { kind: "probed" };
  }
  if (task.kind === "load") {
    loaded = { model: task.model, session: await openSession(task.model) };
    return { kind: "loaded" };
  }
  if (!loaded) throw new RetrievalError("worker-failed", "A worker was used before it loaded.");
  if (task.kind === "run") return { kind: "ran", results: await loaded.session.run(task.batch) };
  // Not at load: one worker may do all the tokenising, and a vocabulary is not small.
  encode ??= loadTokenizer(loaded.model.tokenizerPath);
  return { kind: "encoded", tokens: concatenate(task.texts.map(await encode)) };
}

async function openSession(model: WorkerModel): Promise<ModelSession> {
  try {
    return await loadSession(model);
  } catch (cause) {
    if (cause instanceof RetrievalError) throw cause;
    if (model.provider !== "cpu") throw unavailable(model.provider, cause);
    throw new RetrievalError(
      "model-damaged",
      `ONNX Runtime could not load ${model.graphPath}: ${String(cause)}`,
    );
  }
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
  const arrays =
    answer.kind === "encoded"
      ? [answer.tokens.ids, answer.tokens.ends]
      : answer.kind === "ran"
        ? [answer.results.values]
        : [];
  return arrays.map(({ buffer }) => buffer).filter((buffer) => buffer instanceof ArrayBuffer);
}

parentPort?.on("message", async (task: WorkerTask | EndOfWork) => {
  if (task.kind === "end") return parentPort?.close();
  try {
    const answer = await perform(task);
    parentPort?.postMessage(answer satisfies FromWorker, transferables(answer));
  } catch (error) {
    const code = error instanceof RetrievalError ? error.code : "worker-failed";
    const message = error instanceof Error ? error.message : String(error);
    parentPort?.postMessage({ kind: "failed", code, message } satisfies FromWorker);
  }
});
