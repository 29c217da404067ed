import type { Command } from "commander";
import { nearestName } from "../options.ts";

/** Ends a call of an unknown command with an error, even with `--help` or after `help`. */
export function refuseUnknownCommands(program: Command): void {
  program.on("command:*", () => requireKnownCommand(program));
  program.addHelpText("beforeAll", ({ command }) => {
    requireKnownCommand(command);
    return "";
  });
}

/** Refuses the first word after a command that has commands of its own, if it names none of them. */
export function requireKnownCommand(command: Command): void {
  const words = command.args.filter((word) => !word.startsWith("-"));
  const visible = command.createHelp().visibleCommands(command);
  const known = visible.map((each) => each.name());
  const [given] = words[0] === "help" && known.includes("help") ? words.slice(1) : words;
  if (given === undefined || known.length === 0 || known.includes(given)) return;
  const meant = nearestName(given, known);
  const question = meant === undefined ? "" : ` Did you mean \`${meant}\`?`;
  command.error(`error: unknown command '${given}'.${question}`);
}
