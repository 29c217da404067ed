import type { Worker } from "node:worker_threads";
import { RetrievalError } from "../errors.ts";
import {
  endInferenceWorker,
  startInferenceWorker,
  type FromWorker,
  type WorkerAnswer,
  type WorkerModel,
  type WorkerTask,
} from "./worker-messages.ts";

interface Job {
  readonly task: WorkerTask;
  readonly transfer: readonly ArrayBuffer[];
  /** Asked when the job's turn comes: a job that nobody waits for any more is dropped. */
  readonly isStale: () => boolean;
  readonly resolve: (answer: WorkerAnswer | undefined) => void;
  readonly reject: (error: unknown) => void;
}

interface Member {
  readonly worker: Worker;
  job: Job | undefined;
}

/**
 * Worker threads that each hold one loaded model and take tasks in the order they came. Idle workers
 * do not keep the process alive; one that died is replaced when the next task needs it.
 */
export class WorkerPool {
  readonly #model: WorkerModel;
  readonly #size: number;
  readonly #members = new Set<Member>();
  readonly #queue: Job[] = [];
  #isDisposed = false;

  constructor(model: WorkerModel, size: number) {
    this.#model = model;
    this.#size = size;
  }

  get size(): number {
    return this.#size;
  }

  /** Starts one worker and waits until it has loaded the model, so that a model that cannot be loaded is known. */
  async start(): Promise<void> {
    await this.#hire();
  }

  /** Resolves to `undefined` where the task was stale when its turn came; rejects once the pool is disposed of. */
  run(
    task: WorkerTask,
    transfer: readonly ArrayBuffer[],
    isStale: () => boolean,
  ): Promise<WorkerAnswer | undefined> {
    if (this.#isDisposed) return Promise.reject(disposed());
    return new Promise((resolve, reject) => {
      this.#queue.push({ task, transfer, isStale, resolve, reject });
      this.#dispatch();
    });
  }

  /** Ends the workers; tasks in hand and in the queue fail as `disposed`. */
  async dispose(): Promise<void> {
    this.#isDisposed = true;
    const error = disposed();
    const members = [...this.#members];
    this.#members.clear();
    for (const { job } of members) job?.reject(error);
    for (const job of this.#queue.splice(0)) job.reject(error);
    await Promise.all(members.map(({ worker }) => endInferenceWorker(worker)));
  }

  #dispatch(): void {
    this.#dropStale();
    if (this.#queue.length === 0 || this.#isDisposed) return;
    const idle = [...this.#members].find(({ job }) => job === undefined);
    if (idle) {
      const job = this.#queue.shift();
      if (job) this.#assign(idle, job);
      this.#dispatch();
    } else if (this.#members.size < this.#size) {
      this.#hire().catch((error: unknown) => {
        // Whoever waits longest learns why; the others try for themselves.
        this.#queue.shift()?.reject(error);
        this.#dispatch();
      });
    }
  }

  /** Looks at the whole queue: who gave up must not wait behind the work of others. */
  #dropStale(): void {
    const stale = this.#queue.filter((job) => job.isStale());
    for (const job of stale) {
      this.#queue.splice(this.#queue.indexOf(job), 1);
      job.resolve(undefined);
    }
  }

  async #hire(): Promise<void> {
    const member: Member = { worker: startInferenceWorker(), job: undefined };
    this.#members.add(member);
    member.worker.on("message", (message: FromWorker) => this.#settle(member, message));
    member.worker.on("error", (cause) => this.#bury(member, cause));
    member.worker.on("exit", (code) => this.#bury(member, `exit code ${code}`));
    await new Promise((resolve, reject) => {
      const task = { kind: "load", model: this.#model } as const;
      this.#assign(member, { task, transfer: [], isStale: () => false, resolve, reject });
    }).catch(async (error: unknown) => {
      this.#members.delete(member);
      await endInferenceWorker(member.worker);
      throw error;
    });
  }

  #assign(member: Member, job: Job): void {
    member.job = job;
    member.worker.ref();
    member.worker.postMessage(job.task, job.transfer);
  }

  #settle(member: Member, message: FromWorker): void {
    if (!this.#members.has(member)) return; // It was let go while it worked.
    const { job } = member;
    member.job = undefined;
    member.worker.unref();
    if (message.kind === "failed") job?.reject(new RetrievalError(message.code, message.message));
    else job?.resolve(message);
    this.#dispatch();
  }

  #bury(member: Member, cause: unknown): void {
    if (!this.#members.delete(member)) return;
    const text = `An inference worker ended while it was at work (${String(cause)}): run it again.`;
    member.job?.reject(new RetrievalError("worker-failed", text, { cause }));
    this.#dispatch();
  }
}

function disposed(): RetrievalError {
  return new RetrievalError("disposed", "The model was disposed of while it was at work.");
}
