import { RetrievalError } from "../../errors.ts";
import { endInferenceWorker, startInferenceWorker } from "./start-worker.ts";
import type {
  FromWorker,
  InferenceWorker,
  WorkerAnswer,
  WorkerModel,
  WorkerTask,
} from "./worker-messages.ts";

/** A task and its callbacks. */
export interface PoolTask {
  readonly message: WorkerTask;
  readonly transfer: readonly ArrayBuffer[];
  readonly onAnswer: (answer: WorkerAnswer) => void;
  readonly onFailure: (error: RetrievalError) => void;
}

/** Where a pool gets its tasks. */
export interface TaskSource {
  /** The next task, requested when a worker is free; `undefined` if there is none. */
  next(): PoolTask | undefined;
  /** Whether `next` would return a task. */
  hasNext(): boolean;
  /** Called if no worker can be started, so that waiting work will never be done. */
  onUnusable(error: unknown): void;
}

export interface WorkerPoolOptions {
  /** Maximum number of workers. */
  readonly size: number;
  /** What each new worker loads before its first task. @defaultValue nothing */
  readonly model?: WorkerModel | undefined;
  /** Creates a new worker. @defaultValue an inference worker */
  readonly startWorker?: (() => InferenceWorker) | undefined;
}

interface Member {
  readonly worker: InferenceWorker;
  task: PoolTask | undefined;
}

/**
 * Runs tasks from a source in worker threads. Idle workers do not keep the process alive. A worker that died or
 * threw is replaced when there is work for another.
 */
export class WorkerPool {
  readonly #source: TaskSource;
  readonly #model: WorkerModel | undefined;
  readonly #startWorker: () => InferenceWorker;
  readonly #members = new Set<Member>();
  /** Workers that were asked to end. */
  readonly #leaving = new Set<Promise<unknown>>();
  #size: number;
  #isStarting = false;
  /** How many workers in a row were lost while loading. */
  #lostWhileLoading = 0;
  #isDisposed = false;

  constructor(
    source: TaskSource,
    { size, model, startWorker = startInferenceWorker }: WorkerPoolOptions,
  ) {
    this.#source = source;
    this.#size = size;
    this.#model = model;
    this.#startWorker = startWorker;
  }

  /**
   * Starts one worker and waits until it has loaded the model, so that a model that cannot be loaded fails
   * here.
   */
  async start(): Promise<void> {
    await this.#addWorker();
  }

  /** Whether a worker is being started, which takes a core from the others. */
  get isStarting(): boolean {
    return this.#isStarting;
  }

  /** Tells the pool that the source may have tasks. */
  wake(): void {
    if (this.#isDisposed) return;
    for (const member of this.#members) {
      if (member.task) continue;
      const task = this.#source.next();
      if (!task) return;
      this.#give(member, task);
    }
    if (this.#members.size < this.#size && this.#source.hasNext()) this.#startAnother();
  }

  /** Ends the workers; their current tasks fail with `disposed`. */
  async dispose(): Promise<void> {
    this.#isDisposed = true;
    const members = [...this.#members];
    this.#members.clear();
    for (const { task } of members) task?.onFailure(disposed());
    await Promise.all([...members.map((member) => this.#end(member)), ...this.#leaving]);
  }

  /**
   * Starts one more worker if all are busy and none is starting. A worker that is lost while loading is
   * replaced.
   */
  #startAnother(): void {
    if (this.#isStarting) return;
    this.#isStarting = true;
    this.#addWorker()
      .catch((error: unknown) => {
        if (this.#isDisposed) return;
        const isLost = error instanceof RetrievalError && error.code === "worker-failed";
        if (isLost && this.#lostWhileLoading++ === 0) return;
        if (this.#members.size === 0) this.#source.onUnusable(error);
        // The pool continues with the other workers: a failed start would fail again at every task.
        this.#size = Math.max(1, this.#members.size);
      })
      .finally(() => {
        this.#isStarting = false;
        this.wake();
      });
  }

  async #addWorker(): Promise<void> {
    const member: Member = { worker: this.#startWorker(), task: undefined };
    this.#members.add(member);
    member.worker.on("message", (message: FromWorker) => this.#settle(member, message));
    member.worker.on("error", (cause: unknown) => this.#remove(member, cause));
    member.worker.on("exit", (code: number) => this.#remove(member, `exit code ${code}`));
    const model = this.#model;
    if (!model) return;
    await new Promise((onAnswer, onFailure) => {
      const message = { kind: "load", model } as const;
      this.#give(member, { message, transfer: [], onAnswer, onFailure });
    });
    this.#lostWhileLoading = 0;
  }

  #give(member: Member, task: PoolTask): void {
    member.task = task;
    member.worker.ref();
    member.worker.postMessage(task.message, task.transfer);
  }

  #settle(member: Member, message: FromWorker): void {
    if (message.kind === "ready" || !this.#members.has(member)) return; // The worker was removed while it ran the task.
    const { task } = member;
    member.task = undefined;
    member.worker.unref();
    if (message.kind === "failed") {
      // The worker has no model, or an unexpected error left it in an unknown state.
      const isUseless = task?.message.kind === "load" || message.code === "worker-failed";
      if (isUseless && this.#members.delete(member)) void this.#end(member);
      task?.onFailure(new RetrievalError(message.code, message.message));
    } else {
      task?.onAnswer(message);
    }
    this.wake();
  }

  #remove(member: Member, cause: unknown): void {
    if (!this.#members.delete(member)) return;
    const text = `An inference worker ended during a task (${String(cause)}): repeat the call.`;
    member.task?.onFailure(new RetrievalError("worker-failed", text, { cause }));
    this.wake();
  }

  /** Ends a worker; `dispose` waits for this, too, if the end began before it. */
  async #end({ worker }: Member): Promise<void> {
    const ending = endInferenceWorker(worker);
    this.#leaving.add(ending);
    await ending.finally(() => this.#leaving.delete(ending));
  }
}

/** The error of a call that outlived its model. */
export function disposed(): RetrievalError {
  return new RetrievalError("disposed", "The model was disposed of during a task.");
}
