import { CallbackManager, type Callbacks } from "@langchain/core/callbacks/manager";
import type { DocumentInterface } from "@langchain/core/documents";

export interface StageRun<in Result> {
  /** What tracers call the stage. */
  readonly name: string;
  /** Who is told of it; nobody where this is left out. */
  readonly callbacks: Callbacks | undefined;
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly outputsOf: (result: Result) => Readonly<Record<string, unknown>>;
}

/** Does `work` as a run of its own in LangChain's run tree, so that tracers show the stage with its time. */
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

/** What a stage that gives documents is shown to give. */
export function documentsOut(
  documents: readonly DocumentInterface[],
): Readonly<Record<string, unknown>> {
  return { documents };
}
