import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { tinyModel } from "../fixtures/golden.ts";
import { HubStub, stubCommit } from "../model/files/hub-stub.ts";
import { temporaryFolder } from "../vector-store/temporary-folder.ts";

const moduleOf = (name: string): string => new URL(`../../dist/${name}.js`, import.meta.url).href;

/**
 * What a program of ours says, in JSON, where no file may grow over 64 blocks (32 to 64 KiB): the system
 * refuses to write more, as on a full disk.
 */
async function withLittleRoom(
  program: string,
  env: Readonly<Record<string, string>> = {},
): Promise<unknown> {
  const script = `
    // Else a package that hears this signal would end the process; without it the write just fails.
    process.on("SIGXFSZ", () => undefined);
    const failureOf = (call) => call.then(() => "no failure", ({ name, code, message }) => ({ name, code, message }));
    ${program}`;
  const shell = 'ulimit -f 64; exec "$0" --input-type=module --eval "$1"';
  const child = spawn("sh", ["-c", shell, process.execPath, script], {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let said = "";
  child.stdout.on("data", (chunk: Buffer) => (said += chunk.toString()));
  const [code] = await once(child, "close");
  if (said === "") throw new Error(`It ended with ${String(code)} and said nothing.`);
  return JSON.parse(said);
}

test("a lexical index without disk space is an error that says what to do, and the old file stays", async () => {
  const folder = await temporaryFolder();
  const path = join(folder, "x.bm25");
  writeFileSync(path, "old");
  const failure = await withLittleRoom(`
    import { Bm25Retriever } from ${JSON.stringify(moduleOf("lexical/index"))};
    const text = (place) => "word" + place + " x".repeat(1000);
    const documents = Array.from({ length: 200 }, (_, place) => ({ pageContent: text(place), metadata: {} }));
    const retriever = await Bm25Retriever.fromDocuments(documents);
    console.log(JSON.stringify(await failureOf(retriever.save(${JSON.stringify(path)}))));`);
  expect(failure).toEqual({
    name: "RetrievalError",
    code: "disk-full",
    message: expect.stringMatching(
      /^Expected free disk space to write .*x\.bm25, got EFBIG: free some space/,
    ),
  });
  expect(readFileSync(path, "utf8")).toBe("old");
  expect(readdirSync(folder)).toEqual(["x.bm25"]);
});

test("answers of an evaluation without disk space are an error, and earlier ones are kept", async () => {
  const path = join(await temporaryFolder(), "answers.jsonl");
  const program = `
    import { OutcomeLog } from ${JSON.stringify(moduleOf("evaluation/experiment/outcome-log"))};
    const options = { head: { of: "x" }, write: (outcome) => outcome, read: (saved) => saved.text() };
    const log = await OutcomeLog.open(${JSON.stringify(path)}, options);
    await log.keep("s", "1", "first");
    const failure = await failureOf(log.keep("s", "2", "x".repeat(100_000)));
    await log.close();
    const again = await OutcomeLog.open(${JSON.stringify(path)}, options);
    console.log(JSON.stringify([failure.code, [...again.keptOf("s")]]));
    await again.close();`;
  expect(await withLittleRoom(program)).toEqual(["disk-full", [["1", "first"]]]);
});

test("a download without disk space says so, asks the hub once, and keeps what arrived", async () => {
  const hub = await HubStub.start();
  onTestFinished(() => hub.close());
  hub.addFolder("tiny/reranker", tinyModel("tiny-bert-reranker"));
  const cache = await temporaryFolder();
  const program = `
    import { obtainModel } from ${JSON.stringify(moduleOf("model/files/model-files"))};
    console.log(JSON.stringify(await failureOf(obtainModel("tiny/reranker", ["fp32"]))));`;
  const env = { HF_ENDPOINT: hub.url, HF_HUB_CACHE: cache, HF_TOKEN: "" };
  expect(await withLittleRoom(program, env)).toEqual({
    name: "RetrievalError",
    code: "disk-full",
    message: expect.stringMatching(/^Expected free disk space to write .*\.incomplete, got EFBIG/),
  });
  const gets = hub.requests.filter(({ host, method }) => host === "storage" && method === "GET");
  expect(gets).toHaveLength(1);
  const partial = join(
    cache,
    "models--tiny--reranker/snapshots",
    stubCommit,
    "onnx/model.onnx.incomplete",
  );
  expect(statSync(partial).size).toBeGreaterThan(0);
  expect(existsSync(`${partial.replace(".incomplete", "")}.lock`)).toBe(false);
});
