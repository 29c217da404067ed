import { RetrievalError } from "../../errors.ts";
import { endInferenceWorker, startInferenceWorker } from "./start-worker.ts";
import type { FromWorker, WorkerAnswer, WorkerAnswerOf, WorkerTask } from "./worker-messages.ts";

/**
 * Runs one task in a new worker, which ends afterwards.
 *
 * @throws the task's error; `worker-failed` if the worker ended without an answer
 */
export async function askWorker<Kind extends WorkerAnswer["kind"]>(
  task: WorkerTask,
  kind: Kind,
): Promise<WorkerAnswerOf<Kind>> {
  const worker = startInferenceWorker();
  try {
    return await new Promise((resolve, reject) => {
      worker.on("message", (message: FromWorker) => {
        if (message.kind === "ready") return;
        if (message.kind === "failed") reject(new RetrievalError(message.code, message.message));
        else if (isOfKind(message, kind)) resolve(message);
        else
          reject(
            new RetrievalError(
              "worker-failed",
              `A worker sent an unexpected ${message.kind} message.`,
            ),
          );
      });
      worker.once("error", reject);
      worker.once("exit", (code) =>
        reject(new RetrievalError("worker-failed", `A worker ended with code ${code}.`)),
      );
      worker.postMessage(task);
    });
  } finally {
    await endInferenceWorker(worker);
  }
}

function isOfKind<Kind extends WorkerAnswer["kind"]>(
  answer: WorkerAnswer,
  kind: Kind,
): answer is WorkerAnswerOf<Kind> {
  return answer.kind === kind;
}
