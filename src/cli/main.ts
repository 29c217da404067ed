#!/usr/bin/env node
import { messageOf } from "../errors.ts";
import { inspect } from "node:util";
import { Command, CommanderError } from "commander";
import { packageVersion } from "../package-version.ts";
import { systemCode } from "../write-failure.ts";
import { addAskCommand } from "./ask.ts";
import { inCommandWords } from "./command-words.ts";
import { addDoctorCommand } from "./doctor.ts";
import { addEvaluateCommand } from "./evaluate.ts";
import { addIndexCommand } from "./index-command.ts";
import { addMcpCommand } from "./mcp.ts";
import { addModelsCommand } from "./models.ts";
import { addQuickstartCommand } from "./quickstart.ts";
import { addSearchCommand } from "./search.ts";
import { addServeCommand } from "./serve.ts";
import { commandOutput, paragraph, printAside, shown } from "./terminal.ts";
import { refuseUnknownCommands } from "./unknown-command.ts";

const interrupt = new AbortController();
// As shells report a command ended by a signal: 128 plus its number. A second signal ends it at once.
const interruptions = { SIGINT: 130, SIGTERM: 143 } as const;
let interruptedCode: number | undefined;
const stopListening = Object.entries(interruptions).map(([signal, code]) => {
  const onSignal = (): void => {
    for (const stop of stopListening) stop();
    interruptedCode = code;
    interrupt.abort(new Error("Interrupted; completed work is kept."));
  };
  process.on(signal, onSignal);
  return () => process.off(signal, onSignal);
});

// `| head` closes the output when it has read enough; the command completes its work all the same.
process.stdout.on("error", (error) => {
  if (systemCode(error) === "EPIPE") return;
  process.exitCode = 1;
  printAside(shown`error: Standard output cannot be written: ${messageOf(error)}`);
});

const program = new Command("langchain-rerank")
  .description("Two-stage retrieval on your own documents: find candidates fast, then rerank them.")
  .version(packageVersion)
  .option("--verbose", "print errors with stack trace and cause")
  .configureOutput(commandOutput)
  .exitOverride();
addQuickstartCommand(program, interrupt.signal);
addIndexCommand(program, interrupt.signal);
addSearchCommand(program, interrupt.signal);
addAskCommand(program, interrupt.signal);
addEvaluateCommand(program, interrupt.signal);
addServeCommand(program, interrupt.signal);
addMcpCommand(program, interrupt.signal);
addModelsCommand(program, interrupt.signal);
addDoctorCommand(program);
refuseUnknownCommands(program);
for (const command of program.commands) command.exitOverride();

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = report(error);
}

/**
 * Exit code 2 means that the command line is invalid, 130 or 143 that the command was interrupted, 1 that it
 * failed.
 */
function report(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  const isVerbose = program.opts<{ verbose?: boolean }>().verbose === true;
  if (isVerbose && error instanceof Error) printAside(paragraph(inspect(error)));
  else printAside(shown`error: ${paragraph(inCommandWords(messageOf(error)))}`);
  if (interruptedCode !== undefined) return interruptedCode;
  return error instanceof Error && Reflect.get(error, "code") === "invalid-option" ? 2 : 1;
}
