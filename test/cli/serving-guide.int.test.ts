import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runCommand } from "./run-command.ts";
import { serve, type Serving } from "./serve-command.ts";

const root = join(import.meta.dirname, "../..");
const folder = mkdtempSync(join(tmpdir(), "serving-guide-"));
const guide = readFileSync(join(root, "docs/serving.md"), "utf8");
const commands = [...guide.matchAll(/^```sh\n(.*?)^```/gms)]
  .map(([, code = ""]) => code)
  .filter((code) => code.startsWith("curl "));

/** What each command of the guide prints, in its order. */
const claims: readonly unknown[] = [
  [{ index: 1 }, { index: 0 }],
  { results: [{ index: 1, document: { text: "It trains two small matrices." } }] },
  { data: [{ index: 0 }, { index: 1 }] },
  { data: [128, 128].map((length) => ({ embedding: expect.toSatisfy(hasLength(length)) })) },
  [expect.toSatisfy(hasLength(384))],
  { results: [1, 2, 3].map(() => ({ metadata: { source: "lora_finetuning_guide.md" } })) },
];

function hasLength(length: number): (vector: unknown) => boolean {
  return (vector) => Array.isArray(vector) && vector.length === length;
}

let serving: Serving;

beforeAll(async () => {
  const models = ["--model", "all-MiniLM-L6-v2", "--store", "store"];
  await runCommand(folder, ["index", join(root, "sample_documents"), ...models]);
  serving = await serve(folder, ["--store", "store"]);
}, 300_000);

afterAll(async () => {
  serving.child.kill("SIGTERM");
  await serving.outcome;
  rmSync(folder, { recursive: true, force: true });
});

async function run(command: string): Promise<string> {
  const here = command
    .replaceAll("http://127.0.0.1:8787", serving.url)
    .replaceAll("curl ", "curl -sS --fail-with-body ");
  return (await promisify(execFile)("sh", ["-c", here])).stdout;
}

test.each(claims.map((claim, index) => [commands[index] ?? "", claim] as const))(
  "%s",
  async (command, claim) => {
    expect(JSON.parse(await run(command))).toMatchObject(Object(claim));
  },
);

test("the commands about the server itself work, and there are no others", async () => {
  expect(commands).toHaveLength(claims.length + 1);
  const printed = await run(commands.at(-1) ?? "");
  expect(printed).toContain('{"status":"ready"}');
  expect(printed).toContain('"name":"rerank-minilm-l3"');
  expect(printed).toContain('"id":"rerank-minilm-l3"');
  expect(printed).toContain("langchain_rerank_pairs_total");
});
