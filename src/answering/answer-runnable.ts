import type { CallbackManagerForChainRun } from "@langchain/core/callbacks/manager";
import { Runnable, type RunnableConfig } from "@langchain/core/runnables";
import { untilAborted } from "../abort.ts";
import type { Answer } from "./answer.ts";
import type { AnswerInput } from "./answer-input.ts";
import { answerQuestion, type AnswerSettings, type Asking } from "./answer-question.ts";
import { AnswerStages } from "./answer-stages.ts";

/** The chain that `createAnswerChain` returns. */
export class AnswerRunnable extends Runnable<AnswerInput, Answer> {
  override lc_namespace: string[] = ["langchain_rerank", "retrieval"];
  readonly #settings: AnswerSettings;

  static override lc_name(): string {
    return "AnswerChain";
  }

  constructor(settings: AnswerSettings) {
    super();
    this.#settings = settings;
  }

  override async invoke(input: AnswerInput, options?: Partial<RunnableConfig>): Promise<Answer> {
    const answerWhole = async (
      given: AnswerInput,
      config: Partial<RunnableConfig> = {},
      run?: CallbackManagerForChainRun,
    ): Promise<Answer> => {
      const stages = new AnswerStages(config, run);
      const pieces = answerQuestion(given, this.#settings, { stages, ask: askWhole });
      for (;;) {
        const { done, value } = await pieces.next();
        if (done === true) return value;
      }
    };
    // oxlint-disable-next-line no-underscore-dangle -- so LangChain names it
    return this._callWithConfig(answerWhole, input, options);
  }

  override async *_streamIterator(
    input: AnswerInput,
    options?: Partial<RunnableConfig>,
  ): AsyncGenerator<Answer> {
    const settings = this.#settings;
    async function* only(): AsyncGenerator<AnswerInput> {
      yield input;
    }
    async function* answerEach(
      inputs: AsyncGenerator<AnswerInput>,
      run?: CallbackManagerForChainRun,
      config: Partial<RunnableConfig> = {},
    ): AsyncGenerator<Answer> {
      for await (const given of inputs) {
        const stages = new AnswerStages(config, run);
        const pieces = answerQuestion(given, settings, { stages, ask: askInPieces });
        // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- LangChain types a stream's pieces as their whole
        yield* pieces as AsyncGenerator<Answer>;
      }
    }
    // oxlint-disable-next-line no-underscore-dangle -- so LangChain names it
    yield* this._transformStreamWithConfig(only(), answerEach, options);
  }
}

const askWhole: Asking = async function* askWhole(llm, prompt, config) {
  yield await untilAborted(llm.invoke(prompt, config), config.signal);
};

const askInPieces: Asking = async function* askInPieces(llm, prompt, config) {
  yield* await llm.stream(prompt, config);
};
