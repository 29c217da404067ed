import type { CallbackManagerForChainRun } from "@langchain/core/callbacks/manager";
import { patchConfig, type RunnableConfig } from "@langchain/core/runnables";
import { stopwatch } from "../retrieval/stopwatch.ts";
import type { AnswerStage } from "./answer.ts";

/** The stages of one answer: each gets a configuration below the chain's run, and its time is recorded. */
export class AnswerStages {
  readonly ended: AnswerStage[] = [];
  readonly #config: Partial<RunnableConfig>;
  readonly #run: CallbackManagerForChainRun | undefined;

  constructor(config: Partial<RunnableConfig>, run: CallbackManagerForChainRun | undefined) {
    this.#config = config;
    this.#run = run;
  }

  /**
   * Begins a stage. Runs with the returned configuration appear under the stage's name; call `end` when the
   * stage is over. Throws after an abort.
   */
  begin(name: AnswerStage["name"]): {
    readonly config: Partial<RunnableConfig>;
    readonly end: () => void;
  } {
    this.#config.signal?.throwIfAborted();
    const elapsed = stopwatch();
    const callbacks = this.#run?.getChild();
    return {
      config: { ...patchConfig(this.#config, callbacks && { callbacks }), runName: name },
      end: () => void this.ended.push({ name, milliseconds: elapsed() }),
    };
  }

  async do<Result>(
    name: AnswerStage["name"],
    work: (config: Partial<RunnableConfig>) => Promise<Result>,
  ): Promise<Result> {
    const { config, end } = this.begin(name);
    const result = await work(config);
    end();
    return result;
  }
}
