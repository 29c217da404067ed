import { copyFileSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { once } from "node:events";
import { join } from "node:path";
import { expect, test } from "vitest";
import { Bm25Retriever } from "../../src/lexical/bm25-retriever.ts";
import { openChroma } from "../../src/vector-store/open-chroma.ts";
import { HashEmbeddings } from "../vector-store/hash-embeddings.ts";
import { eventually } from "../vector-store/server-users.ts";
import { temporaryFolder } from "../vector-store/temporary-folder.ts";
import { runCommand, startCommand } from "../cli/run-command.ts";

const samples = join(import.meta.dirname, "../../sample_documents");
const lexicalFile = ".langchain-rerank/chroma/documents.bm25";
const lockFolder = `${lexicalFile}.lock`;

/** A folder for commands to run in, with the sample guides dealt out to `count` folders. */
async function dealOut(count: number): Promise<{ root: string; folders: string[] }> {
  const root = await temporaryFolder();
  const folders = Array.from({ length: count }, (_, place) => `part-${place}`);
  for (const folder of folders) mkdirSync(join(root, folder));
  const guides = readdirSync(samples).filter((name) => name.endsWith(".md"));
  for (const [place, guide] of guides.entries()) {
    copyFileSync(join(samples, guide), join(root, `part-${place % count}`, guide));
  }
  return { root, folders };
}

/** Ids in the store and in the lexical index beside it. */
async function storedIn(root: string): Promise<{ dense: string[]; lexical: string[] }> {
  const path = join(root, ".langchain-rerank/chroma");
  await using store = await openChroma(new HashEmbeddings(), { collectionName: "documents", path });
  const lexical = await Bm25Retriever.load(join(root, lexicalFile));
  return {
    dense: [...(await store.storedPassages()).keys()].toSorted(),
    lexical: [...lexical.index.ids()].toSorted(),
  };
}

const passagesSaid = (stdout: string): number => Number(/^(\d+) passages/m.exec(stdout)?.[1]);

test("three runs of different folders into one collection lose nothing", async () => {
  const { root, folders } = await dealOut(3);
  const outcomes = await Promise.all(folders.map((folder) => runCommand(root, ["index", folder])));
  expect(outcomes.map(({ code }) => code)).toEqual([0, 0, 0]);
  const said = outcomes.map(({ stdout }) => passagesSaid(stdout));
  const { dense, lexical } = await storedIn(root);
  expect(dense).toHaveLength(said.reduce((sum, count) => sum + count));
  expect(lexical).toEqual(dense);
  expect(
    outcomes.filter(({ stderr }) => stderr.includes("Waiting for another command")),
  ).toHaveLength(2);
  expect(existsSync(join(root, lockFolder))).toBe(false);
}, 300_000);

test("a run that was killed, or interrupted, is completed by the next one of any folder", async () => {
  const { root, folders } = await dealOut(2);
  const [first = "", second = ""] = folders;
  const killed = startCommand(root, ["index", first]);
  await eventually(() => existsSync(join(root, lockFolder)));
  // Until the store holds its first passages, a search has nothing to read.
  const ask = () => runCommand(root, ["search", "LoRA", "--no-rerank", "--json"]);
  let search = await ask();
  while (search.code !== 0 && killed.child.exitCode === null) search = await ask();
  expect(search.code, search.stderr).toBe(0);
  killed.child.kill("SIGKILL");
  await killed.outcome;
  expect(existsSync(join(root, lockFolder))).toBe(true);

  const interrupted = startCommand(root, ["index", first]);
  // It waits for the lock that the other left behind.
  await once(interrupted.child.stderr ?? interrupted.child, "data");
  interrupted.child.kill("SIGINT");
  expect((await interrupted.outcome).code).toBe(130);

  const next = await runCommand(root, ["index", second]);
  expect(next.code).toBe(0);
  const between = await storedIn(root);
  expect(between.lexical).toEqual(between.dense);
  expect(between.dense.length).toBeGreaterThanOrEqual(passagesSaid(next.stdout));

  writeFileSync(join(root, lexicalFile), "damaged");
  const again = await runCommand(root, ["index", first]);
  expect(again.code).toBe(0);
  const after = await storedIn(root);
  expect(after.dense).toHaveLength(passagesSaid(next.stdout) + passagesSaid(again.stdout));
  expect(after.lexical).toEqual(after.dense);

  rmSync(join(root, lexicalFile));
  expect((await runCommand(root, ["index", second])).code).toBe(0);
  expect(await storedIn(root)).toEqual(after);
}, 300_000);

test("a run that receives a signal to end says so, and leaves no lock behind", async () => {
  const { root, folders } = await dealOut(1);
  const [folder = ""] = folders;
  const run = startCommand(root, ["index", folder]);
  await eventually(() => existsSync(join(root, lockFolder)));
  run.child.kill("SIGTERM");
  const { code, stderr } = await run.outcome;
  expect([code, stderr]).toEqual([143, "error: Interrupted; completed work is kept.\n"]);
  expect(existsSync(join(root, lockFolder))).toBe(false);
}, 120_000);

test("a search while the first passages of a collection are written does not fail", async () => {
  for (let round = 0; round < 3; round++) {
    const path = await temporaryFolder();
    const settings = { collectionName: "guides", path };
    await using writing = await openChroma(new HashEmbeddings(), settings);
    await using reading = await openChroma(new HashEmbeddings(), settings);
    const documents = Array.from({ length: 256 }, (_, place) => ({
      pageContent: `passage ${place}`,
      metadata: {},
    }));
    const done = new AbortController();
    const written = writing.addDocuments(documents).finally(() => done.abort());
    while (!done.signal.aborted) await reading.similaritySearch("passage 7", 3);
    await written;
    expect(await reading.similaritySearch("passage 7", 3)).toHaveLength(3);
  }
}, 120_000);
