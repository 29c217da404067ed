import { RetrievalError } from "../../errors.ts";
import {
  endInferenceWorker,
  startInferenceWorker,
  type FromWorker,
  type InferenceWorker,
  type WorkerAnswer,
  type WorkerModel,
  type WorkerTask,
} from "./worker-messages.ts";

/** A task and who is told what became of it. */
export interface PoolTask {
  readonly message: WorkerTask;
  readonly transfer: readonly ArrayBuffer[];
  readonly onAnswer: (answer: WorkerAnswer) => void;
  readonly onFailure: (error: RetrievalError) => void;
}

/** Where a pool gets its work. */
export interface TaskSource {
  /** The task to do next, asked for when a worker can take one; `undefined` where there is none. */
  next(): PoolTask | undefined;
  /** Whether `next` would give one. */
  hasNext(): boolean;
  /** No worker could be started, so nothing that waits will be done. */
  onUnusable(error: unknown): void;
}

export interface WorkerPoolOptions {
  /** How many workers at most. */
  readonly size: number;
  /** What each new worker is to load before its first task. @defaultValue nothing */
  readonly model?: WorkerModel | undefined;
  /** Makes a new worker. @defaultValue an inference worker */
  readonly startWorker?: (() => InferenceWorker) | undefined;
}

interface Member {
  readonly worker: InferenceWorker;
  task: PoolTask | undefined;
}

/**
 * Worker threads that take tasks from a source. Idle workers do not keep the process alive; one that
 * died or threw is replaced when there is work for another.
 */
export class WorkerPool {
  readonly #source: TaskSource;
  readonly #model: WorkerModel | undefined;
  readonly #startWorker: () => InferenceWorker;
  readonly #members = new Set<Member>();
  /** Workers that were told to end. */
  readonly #leaving = new Set<Promise<unknown>>();
  #size: number;
  #isHiring = false;
  /** How often in a row a worker was lost while it loaded. */
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

  /** Starts one worker and waits until it has loaded the model, so that a model that cannot be loaded is known. */
  async start(): Promise<void> {
    await this.#hire();
  }

  /** Whether a worker is being started, which takes a core from the others. */
  get isHiring(): boolean {
    return this.#isHiring;
  }

  /** Says that the source may have work. */
  wake(): void {
    if (this.#isDisposed) return;
    for (const member of this.#members) {
      if (member.task) continue;
      const task = this.#source.next();
      if (!task) return;
      this.#give(member, task);
    }
    if (this.#members.size < this.#size && this.#source.hasNext()) this.#hireAnother();
  }

  /** Ends the workers; tasks that they had fail as `disposed`. */
  async dispose(): Promise<void> {
    this.#isDisposed = true;
    const members = [...this.#members];
    this.#members.clear();
    for (const { task } of members) task?.onFailure(disposed());
    await Promise.all([...members.map((member) => this.#end(member)), ...this.#leaving]);
  }

  /** All workers are busy: one more, unless one is on its way. One that is lost while it loads gets a successor. */
  #hireAnother(): void {
    if (this.#isHiring) return;
    this.#isHiring = true;
    this.#hire()
      .catch((error: unknown) => {
        if (this.#isDisposed) return;
        const isLost = error instanceof RetrievalError && error.code === "worker-failed";
        if (isLost && this.#lostWhileLoading++ === 0) return;
        if (this.#members.size === 0) this.#source.onUnusable(error);
        // The others do without it: what failed now would fail at every task.
        this.#size = Math.max(1, this.#members.size);
      })
      .finally(() => {
        this.#isHiring = false;
        this.wake();
      });
  }

  async #hire(): Promise<void> {
    const member: Member = { worker: this.#startWorker(), task: undefined };
    this.#members.add(member);
    member.worker.on("message", (message: FromWorker) => this.#settle(member, message));
    member.worker.on("error", (cause: unknown) => this.#bury(member, cause));
    member.worker.on("exit", (code: number) => this.#bury(member, `exit code ${code}`));
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
    if (!this.#members.has(member)) return; // It was let go while it worked.
    const { task } = member;
    member.task = undefined;
    member.worker.unref();
    if (message.kind === "failed") {
      // It has nothing to work with; or an error nobody foresaw left it in a state that nobody knows.
      const isUseless = task?.message.kind === "load" || message.code === "worker-failed";
      if (isUseless && this.#members.delete(member)) void this.#end(member);
      task?.onFailure(new RetrievalError(message.code, message.message));
    } else {
      task?.onAnswer(message);
    }
    this.wake();
  }

  #bury(member: Member, cause: unknown): void {
    if (!this.#members.delete(member)) return;
    const text = `An inference worker ended while it was at work (${String(cause)}): run it again.`;
    member.task?.onFailure(new RetrievalError("worker-failed", text, { cause }));
    this.wake();
  }

  /** An end that `dispose` waits for, whoever began it. */
  async #end({ worker }: Member): Promise<void> {
    const ending = endInferenceWorker(worker);
    this.#leaving.add(ending);
    await ending.finally(() => this.#leaving.delete(ending));
  }
}

/** Work that outlived its model. */
export function disposed(): RetrievalError {
  return new RetrievalError("disposed", "The model was disposed of while it was at work.");
}
