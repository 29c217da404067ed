import type { RunnableInterface } from "@langchain/core/runnables";
import { RetrievalError } from "../errors.ts";

/** Refuses what is no LangChain runnable. */
export function requireRunnable(option: string, value: RunnableInterface): void {
  if (typeof value?.invoke === "function" && typeof value.stream === "function") return;
  throw new RetrievalError(
    "invalid-option",
    `Expected \`${option}\` to be a LangChain runnable, got ${value === null ? "null" : typeof value}.`,
  );
}
