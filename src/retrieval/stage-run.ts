import { CallbackManager, type Callbacks } from "@langchain/core/callbacks/manager";
import type { DocumentInterface } from "@langchain/core/documents";

export interface StageRun<in Result> {
  /** The stage's name in tracers. */
  readonly name: string;
  /** The callbacks to report to; if absent, the stage is not reported. */
  readonly callbacks: Callbacks | undefined;
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly outputsOf: (result: Result) => Readonly<Record<string, unknown>>;
}

/** Runs `work` as a run of its own in LangChain's run tree, so that tracers show the stage with its time. */
export async function asStageRun<Result>(
  { name, callbacks, inputs, outputsOf }: StageRun<Result>,
  work: (callbacks: Callbacks | undefined) => Promise<Result>,
): Promise<Result> {
  const manager = callbacks && CallbackManager.configure(callbacks);
  const run = await manager?.handleChainStart(
    { lc: 1, type: "not_implemented", id: ["langchain_rerank", name] },
    { ...inputs },
    undefined,
    undefined,
    undefined,
    undefined,
    name,
  );
  try {
    const result = await work(run?.getChild());
    await run?.handleChainEnd({ ...outputsOf(result) });
    return result;
  } catch (error) {
    await run?.handleChainError(error);
    throw error;
  }
}

/** The outputs that a tracer shows for a stage that returns documents. */
export function documentsOut(
  documents: readonly DocumentInterface[],
): Readonly<Record<string, unknown>> {
  return { documents };
}
