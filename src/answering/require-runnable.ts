import type { RunnableInterface } from "@langchain/core/runnables";
import { requireMethods } from "../errors.ts";

/** Refuses what is no LangChain runnable. */
export function requireRunnable(option: string, value: RunnableInterface): void {
  requireMethods(option, value, "a LangChain runnable", ["invoke", "stream"]);
}
