import { execFile } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ChatStub } from "../chat-stub.ts";
import { dangerous } from "../text/hostile-texts.ts";
import { runCommand, type Outcome } from "../cli/run-command.ts";

const folder = mkdtempSync(join(tmpdir(), "hostile-"));
const hostileName = "evil\u001B[31m\u009B2J\u202E\nerror: faked.md";
const hostileText =
  "Paris \u001B]8;;http://192.0.2.1\u001B\\is\u001B]8;;\u001B\\ \u009B31mthe\u200B capital\u0007";
let stub: ChatStub;
beforeAll(async () => {
  stub = await ChatStub.start();
  mkdirSync(join(folder, "documents"));
  const write = (name: string, text: string): void =>
    writeFileSync(join(folder, "documents", name), text);
  write(hostileName, `# Head\u001B[5ming \u202E\n\n${hostileText} of France.\n`);
  write("rivers.txt", "The Loire is the longest river of France.\n");
  write("picture\u001B[2J\n.png", "no text");
});
afterAll(async () => {
  await stub[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

const question = "What is the capital of France?";
const inMemory = ["--store", "memory", "--documents", "documents"];
/** A text without the line breaks that a terminal may get. */
const onOneLine = (text: string): string => text.replaceAll("\n", "");

/** Runs the command with its standard output at a terminal of 200 columns. */
async function runAtTerminal(args: readonly string[]): Promise<Outcome> {
  const main = join(import.meta.dirname, "../../dist/cli/main.js");
  const quoted = [process.execPath, main, ...args].map((part) => `'${part}'`).join(" ");
  const command = `stty cols 200; ${quoted} 2>/dev/null`;
  const env = { ...process.env, TERM: "xterm", FORCE_COLOR: "1" };
  const { stdout } = await promisify(execFile)("script", ["-qec", command, "/dev/null"], {
    cwd: folder,
    env,
  });
  return { code: 0, stdout: stdout.replaceAll("\r\n", "\n"), stderr: "" };
}

const hasTerminal = process.platform === "linux" && existsSync("/usr/bin/script");
const ways: readonly (readonly [string, (args: readonly string[]) => Promise<Outcome>])[] = [
  ["a pipe", (args) => runCommand(folder, args)],
  ...(hasTerminal ? [["a terminal", runAtTerminal] as const] : []),
];

const escape = String.fromCharCode(27);
const ownColours = new RegExp(`${escape}\\[(?:1|2|22|3[123]|39)m`, "g");

describe.each(ways)("in %s", (way, run) => {
  const withoutColours = (text: string): string =>
    way === "a terminal" ? text.replaceAll(ownColours, "") : text;

  test.each([[[]], [["--compare"]], [["--hybrid"]]])(
    "search %j shows a hostile document as text",
    async (args) => {
      const { stdout } = await run(["search", question, ...inMemory, ...args]);
      expect(onOneLine(withoutColours(stdout))).not.toMatch(dangerous);
      expect(stdout).toContain(String.raw`evil\u001b[31m\u009b2J\u202e\nerror: faked.md`);
      expect(stdout).not.toMatch(/^error/m);
      const [colour = ""] = ownColours.exec(stdout) ?? [];
      ownColours.lastIndex = 0;
      expect(way === "a pipe" ? colour : "").toBe("");
    },
  );

  test("keeps the colours of the program itself if it has some", async () => {
    const { stdout } = await run(["models"]);
    expect(stdout.startsWith("\u001B[1m") || stdout.includes("│ \u001B[1m")).toBe(
      way === "a terminal",
    );
  });

  test("search --json gives the text as it was", async () => {
    const { stdout } = await run(["search", question, ...inMemory, "--json"]);
    expect(onOneLine(stdout)).not.toMatch(dangerous);
    const { results } = JSON.parse(stdout);
    expect(results[0].text).toContain(hostileText);
    expect(results[0].metadata.source).toBe(hostileName);
  });
});

test("an answer, its sources and what the model made up are shown as text, whatever pieces it comes in", async () => {
  const pieces = [
    "Paris \u001B",
    "]0;owned\u0007 \uD83D",
    "\uDE00 👩\u200D",
    "👩\r",
    "\nline\u202E",
    " [1][9].",
  ];
  stub.plan({ pieces });
  const { code, stdout, stderr } = await runCommand(
    folder,
    ["ask", question, ...inMemory, "--llm", "openai:gpt-4.1-mini"],
    { OPENAI_API_KEY: "none", OPENAI_BASE_URL: stub.openAiUrl },
  );
  const given = [
    String.raw`[1] evil\u001b[31m\u009b2J\u202e\nerror: faked.md#head5ming-`,
    "[2] rivers.txt",
    "waiting for openai:gpt-4.1-mini, which reads these passages; timeout after 120 s without output",
    "",
  ];
  const invented = "Removed the citation [9]: it refers to no passage.\n";
  expect([code, stderr]).toEqual([0, [...given, invented].join("\n")]);
  expect(onOneLine(stderr)).not.toMatch(dangerous);
  expect(stdout).toContain(
    "Paris \\u001b]0;owned\\u0007 😀 👩\u200D👩\nline\\u202e [1].\n\n[1] evil\\u001b[31m",
  );
  expect(onOneLine(stdout)).not.toMatch(dangerous);
});

test("the list of skipped files and every error are shown as text, on lines that no name can begin", async () => {
  const indexed = await runCommand(folder, ["index", "documents", "--store", "chroma"]);
  expect(indexed.stderr).toBe("skipped picture\\u001b[2J\\n.png: other-format\n");
  const hostile = "no\u001B[31m\nerror: such\u009B\u202E";
  for (const args of [
    ["index", hostile],
    ["index", hostile, "--verbose"],
    ["search", question, ...inMemory, "--model", hostile],
    ["search", question, "--store", "memory", "--documents", hostile],
    ["search", `--${hostile}`],
    [hostile],
    ["evaluate", "--data", hostile],
    ["evaluate", "--compare", `${hostile}.run`, `${hostile}.run`, "--judgements", hostile],
    ["ask", question, ...inMemory, "--llm", hostile],
  ]) {
    const { code, stdout, stderr } = await runCommand(folder, args);
    expect(code).toBeGreaterThan(0);
    expect(onOneLine(stdout + stderr)).not.toMatch(dangerous);
    expect(stderr).toContain(String.raw`no\u001b[31m`);
    expect(stderr.match(/^error: such/m)).toBeNull();
  }
}, 120_000);
