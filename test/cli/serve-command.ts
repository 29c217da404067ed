import type { ChildProcess } from "node:child_process";
import { startCommand, type Outcome } from "./run-command.ts";

/** Options of a server with the small models on a free port. */
export const smallServer = [
  "--model",
  "all-MiniLM-L6-v2",
  "--reranker",
  "rerank-minilm-l3",
  "--port",
  "0",
] as const;

/** A running command; its owner ends it with a signal. */
export interface Serving {
  readonly url: string;
  readonly child: ChildProcess;
  readonly outcome: Promise<Outcome>;
}

/** Starts `serve` in a folder and waits until its models are loaded. */
export async function serve(
  folder: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Serving> {
  const { child, outcome } = startCommand(folder, ["serve", ...smallServer, ...args], env);
  let said = "";
  const url = await new Promise<string>((resolve, reject) => {
    child.stderr?.on("data", (chunk: Buffer) => {
      said += chunk.toString();
      const [, found] = /Listening on (\S+);[^]*The models are loaded\./.exec(said) ?? [];
      if (found !== undefined) resolve(found);
    });
    child.on("close", () => reject(new Error(said)));
  });
  return { url, child, outcome };
}
