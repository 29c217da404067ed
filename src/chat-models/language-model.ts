import type { BaseLanguageModelInput } from "@langchain/core/language_models/base";
import type { BaseMessage } from "@langchain/core/messages";
import type { RunnableInterface } from "@langchain/core/runnables";

/**
 * Any of LangChain's chat or completion models, one with retries or fallbacks, or a chain that ends in one or
 * in `StringOutputParser`.
 */
export type LanguageModel = RunnableInterface<BaseLanguageModelInput, BaseMessage | string>;
