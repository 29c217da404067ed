import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import getPort from "get-port";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ChatStub } from "../chat-stub.ts";
import { runCommand, type Outcome } from "./run-command.ts";

const folder = mkdtempSync(join(tmpdir(), "ask-"));
let stub: ChatStub;
beforeAll(async () => {
  stub = await ChatStub.start();
  mkdirSync(join(folder, "documents"));
  const write = (name: string, text: string): void =>
    writeFileSync(join(folder, "documents", name), text);
  write("paris.md", "# Paris\n\nParis is the capital of France.\n");
  write("rivers.txt", "The Loire is the longest river of France.\n");
});
afterAll(async () => {
  await stub[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

const inMemory = ["--store", "memory", "--documents", "documents"];

function ask(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Outcome> {
  const question = "What is the capital of France?";
  return runCommand(folder, ["ask", question, ...inMemory, ...args], {
    LANGCHAIN_RERANK_LLM: "",
    OPENAI_API_KEY: "none",
    OPENAI_BASE_URL: stub.openAiUrl,
    OLLAMA_BASE_URL: stub.url,
    ...env,
  });
}

const given =
  "[1] paris.md#paris\n[2] rivers.txt\nwaiting for openai:gpt-4.1-mini, which reads these passages; timeout after 120 s without output\n\n";

test("prints the answer and the passages that it cites, and says what the model made up", async () => {
  stub.plan({ pieces: ["Paris", " is the", " capital [", "1][9]", "."] });
  const { code, stdout, stderr } = await ask(["--llm", "openai:gpt-4.1-mini"]);
  expect({ code, stderr }).toEqual({
    code: 0,
    stderr: `${given}Removed the citation [9]: it refers to no passage.\n`,
  });
  expect(stdout).toMatch(/^Paris is the capital \[1\]\.\n\n\[1\] paris\.md#paris\n/);
  expect(stdout).toMatch(
    /passages sent to the model: 2; retrieval \d+ ms, fitting \d+ ms, model \d+ ms/,
  );
  expect(stub.requests.at(-1)).toMatchObject({ api: "openai", isStreamed: true });
  expect(JSON.stringify(stub.requests.at(-1)?.messages)).toContain("capital of France.");
});

test("takes the model from the environment, and gives it as many passages as -k says", async () => {
  stub.plan({ pieces: ["Paris [1]."] });
  const { code, stdout } = await ask(["-k", "1"], { LANGCHAIN_RERANK_LLM: "ollama:llama3.2" });
  expect([code, stdout]).toEqual([0, expect.stringContaining("passages sent to the model: 1")]);
  expect(stub.requests.at(-1)?.api).toBe("ollama");
});

test("does not ask a model if no passage is relevant enough", async () => {
  const before = stub.requests.length;
  const { code, stdout } = await ask(["--llm", "openai:gpt-4.1-mini", "--score-threshold", "1"]);
  expect([code, stub.requests.length]).toEqual([0, before]);
  expect(stdout).toMatch(/^The documents do not contain the answer\.\n/);
});

test("without a model prints the passages, and says what to set", async () => {
  const { code, stdout, stderr } = await ask([]);
  expect(code).toBe(0);
  expect(stdout).toMatch(/ 1 .*paris\.md#paris/);
  expect(stderr).toMatch(/No chat model is set.*--llm or LANGCHAIN_RERANK_LLM/);
  const strict = await ask(["--score-threshold", "1"]);
  expect([strict.code, strict.stdout]).toEqual([0, "No passage reaches --score-threshold.\n"]);
});

test("says what it expected if the model's name or the service is wrong", async () => {
  const unknown = await ask(["--llm", "nobody:small"]);
  expect([unknown.code, unknown.stderr]).toEqual([
    2,
    expect.stringMatching(/Expected a chat model as provider:model, got "nobody:small"/),
  ]);
  stub.plan({ status: 401 });
  const refused = await ask(["--llm", "openai:gpt-4.1-mini"]);
  expect(refused.code).toBe(1);
  expect(refused.stderr).toMatch(
    `${given}error: The chat model openai:gpt-4.1-mini at ${stub.url} did not answer: 401`,
  );
});

test.each(["openai:gpt-4.1-mini", "ollama:llama3.2"])(
  "shows the passages of %s, then names its host and the cause if nobody listens there",
  async (name) => {
    const port = await getPort();
    const url = `http://127.0.0.1:${port}`;
    const { code, stdout, stderr } = await ask(["--llm", name], {
      OPENAI_BASE_URL: `${url}/v1`,
      OLLAMA_BASE_URL: url,
    });
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toMatch(/^\[1\] paris\.md#paris\n/);
    expect(stderr).toMatch(`\n\nerror: The chat model ${name} at ${url} did not answer: `);
    expect(stderr).toMatch(`connect ECONNREFUSED 127.0.0.1:${port}.\n`);
  },
);

test.each([
  ["answers nothing", []],
  ["stops in the middle", ["Paris", " is"]],
])("ends the wait for a chat model that %s", async (_what, pieces) => {
  stub.plan({ pieces, ending: "hang" });
  const { code, stdout, stderr } = await ask(["--llm", "openai:gpt-4.1-mini", "--timeout", "1"]);
  expect([code, stdout]).toEqual([1, pieces.length > 0 ? "Paris is\n" : ""]);
  expect(stderr).toMatch(
    `error: The chat model openai:gpt-4.1-mini at ${stub.url} sent nothing for 1 s: check that it is running`,
  );
});
