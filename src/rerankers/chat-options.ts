import type { LanguageModel } from "../chat-models/language-model.ts";
import { required, runnable, text, wholeNumber } from "../option-rules.ts";
import type { OptionRules } from "../options.ts";
import type { BudgetOptions } from "./call-budget.ts";

/** Which model reranks, and how much of it a call may use. */
export interface ChatRerankerOptions extends BudgetOptions {
  /**
   * Any of LangChain's chat or completion models, or a chain that ends in one. Its own options set the temperature,
   * timeouts and retries.
   */
  readonly llm: LanguageModel;
  /** Name in traces. @defaultValue the name of the model, if it has one */
  readonly name?: string | undefined;
  /** Maximum length of a passage in UTF-16 units, at least 1; longer ones are cut. @defaultValue 2000 */
  readonly maxPassageCharacters?: number | undefined;
}

export const chatRerankerOptionRules: OptionRules<ChatRerankerOptions> = {
  llm: required(runnable),
  name: text,
  maxCalls: wholeNumber(1),
  maxTotalTokens: wholeNumber(1),
  maxPassageCharacters: wholeNumber(1),
};

export const defaultPassageCharacters = 2000;

/** The model's name as LangChain's classes have it, or else that of its class. */
export function nameOf(llm: LanguageModel): string {
  const names = ["model", "modelName", "model_id"].map((field): unknown => Reflect.get(llm, field));
  const name = names.find((each) => typeof each === "string" && each.trim() !== "");
  return typeof name === "string" ? name : llm.constructor.name;
}
