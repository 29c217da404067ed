import { join } from "node:path";
import { expect, test } from "vitest";
import { runProgram } from "../run-program.ts";

const root = join(import.meta.dirname, "../..");
const program = `
  import { OnnxCrossEncoder, OnnxEmbeddings } from "langchain-rerank";
  const scorer = new OnnxCrossEncoder({ model: "rerank-minilm-l6", workers: 2 });
  const embeddings = new OnnxEmbeddings({ model: "all-MiniLM-L6-v2" });
  const texts = ["LoRA freezes the weights.", "Cats sleep.", ""];
  const { scores } = await scorer.score("What does LoRA do?", texts);
  const [vector] = await embeddings.embedDocuments(texts);
  await scorer.dispose();
  await embeddings.dispose();
  console.log(JSON.stringify([[...scores], vector.slice(0, 5)]));
`;

test("workers score, embed and end under Deno as under Node", () => {
  const options = { cwd: root, limitMs: 25_000 };
  const command = join(root, "node_modules/deno/bin.cjs");
  const node = ["--input-type=module", "-e", program];
  const underNode = runProgram(process.execPath, node, options);
  expect(underNode.status).toBe(0);
  // From its input, so that Deno takes it for a module of the package.
  const deno = ["run", "--allow-all", "--no-check", "-"];
  const underDeno = runProgram(process.execPath, [command, ...deno], {
    ...options,
    input: program,
  });
  expect(underDeno.stderr).toBe("");
  expect(underDeno.status).toBe(0);
  expect(underDeno.stdout).toBe(underNode.stdout);
});
