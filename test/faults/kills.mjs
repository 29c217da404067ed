// Changes a folder, kills the command that indexes it, its server's keeper or both at a random moment, lets the next
// run come to its end, and compares every passage with a store of the same folder that nothing disturbed:
// node test/faults/kills.mjs [--count 150] [--seed 1]
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { isDeepStrictEqual, parseArgs } from "node:util";
import { indexFolder, OnnxEmbeddings, openChroma } from "../../dist/index.js";
import { Bm25Retriever } from "../../dist/lexical/index.js";
import { ChangingFolder } from "./changing-folder.mjs";
import { below, seeded } from "./seeded.mjs";

const main = join(import.meta.dirname, "../../dist/cli/main.js");
const collectionName = "documents";
const modes = ["command", "keeper", "both"].flatMap((target) =>
  ["SIGKILL", "SIGTERM", "SIGINT"].map((signal) => ({ target, signal })),
);
/** How a command ends that was told to: by the signal itself before its own code has been loaded. */
const endsBy = { SIGKILL: ["SIGKILL"], SIGTERM: ["SIGTERM", 143], SIGINT: ["SIGINT", 130] };

const { values } = parseArgs({
  options: {
    count: { type: "string", default: "150" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
  },
});
const random = seeded(Number(values.seed));
console.log(`${values.count} kills, seed ${values.seed}`);

const root = mkdtempSync(join(tmpdir(), "kills-"));
const folder = join(root, "documents");
const data = join(root, ".langchain-rerank/chroma");
const lexicalFile = join(data, `${collectionName}.bm25`);
const folderOfGuides = new ChangingFolder(folder, random);
const queries = [folderOfGuides.sentence(), folderOfGuides.sentence().split(" ", 1)[0]];

const embeddings = new OnnxEmbeddings({ model: "all-MiniLM-L6-v2" });
const undisturbed = await openChroma(embeddings, {
  collectionName,
  path: join(root, "undisturbed"),
});
const undisturbedLexical = new Bm25Retriever();

let wrong = 0;
let usualMs = 0;
for (let kill = 0; kill < Number(values.count); kill += 1) {
  const { target, signal } = modes[kill % modes.length];
  const changes = kill === 0 ? [] : folderOfGuides.change();
  const faults = [];
  if (kill === 0) usualMs = (await finish(faults)).milliseconds;
  const moment = below(random, usualMs * 1.2);
  const killed = await killedRun({ target, signal, moment, faults });
  const { milliseconds } = await finish(faults);
  usualMs = 0.8 * usualMs + 0.2 * milliseconds;
  await compare(faults);
  if (faults.length === 0) continue;
  wrong += 1;
  console.log(
    `kill ${kill}: ${signal} to ${target} at ${moment} ms (${killed}) after ${changes.join(", ")}:\n${faults.join("\n")}`,
  );
}
console.log(`${wrong} wrong`);
process.exitCode = wrong === 0 ? 0 : 1;
await Promise.all([undisturbed.close(), embeddings.dispose()]);
rmSync(root, { recursive: true, force: true });

/** Runs the command and kills what is to be killed, once it is there. */
async function killedRun({ target, signal, moment, faults }) {
  const run = start();
  await Promise.race([sleep(moment), run.ended]);
  const pids = [];
  if (target !== "command") pids.push(await keeperPid(run));
  if (target !== "keeper" && run.child.exitCode === null) pids.push(run.child.pid);
  const alive = pids.filter((pid) => pid !== undefined);
  for (const pid of alive) {
    try {
      process.kill(pid, signal);
    } catch {
      // It has just ended by itself.
    }
  }
  const { end, stderr } = await run.ended;
  const isOrderly =
    end === 0 ||
    (target !== "keeper" && endsBy[signal].includes(end)) ||
    // Its server went: an error of ours in one line.
    (target !== "command" && end === 1 && !/^\s+at /m.test(stderr));
  if (!isOrderly) faults.push(`the command ended with ${end}: ${stderr}`);
  if ([130, 143].includes(end) && existsSync(`${lexicalFile}.lock`))
    faults.push("its lock is left");
  makeDraftsOld();
  return `ended with ${end}`;
}

/** A killed process leaves the draft of a file, which a later one removes after an hour. */
function makeDraftsOld() {
  if (!existsSync(data)) return;
  const twoHoursAgo = new Date(Date.now() - 7_200_000);
  for (const name of readdirSync(data)) {
    if (name.endsWith(".tmp")) utimesSync(join(data, name), twoHoursAgo, twoHoursAgo);
  }
}

/** A run that nobody disturbs has to come to its end, whatever the one before left behind. */
async function finish(faults) {
  const begin = Date.now();
  const { end, stderr } = await start().ended;
  if (end !== 0) faults.push(`the next run ended with ${end}: ${stderr}`);
  return { milliseconds: Date.now() - begin };
}

function start() {
  const words = [main, "index", "documents", "--prune", "--model", "all-MiniLM-L6-v2"];
  const child = spawn(process.execPath, words, { cwd: root, stdio: ["ignore", "ignore", "pipe"] });
  const deadline = setTimeout(() => child.kill("SIGABRT"), 120_000);
  const exit = new Promise((resolve) =>
    child.on("exit", (code, signal) => resolve(signal ?? code)),
  );
  const ended = Promise.all([exit, text(child.stderr)]).then(([end, stderr]) => {
    clearTimeout(deadline);
    return { end, stderr };
  });
  return { child, ended };
}

/** The keeper of the run's server, waited for while the command runs. */
async function keeperPid({ child }) {
  while (child.exitCode === null && child.signalCode === null) {
    try {
      return JSON.parse(readFileSync(join(data, "server.json"), "utf8")).pid;
    } catch {
      await sleep(5);
    }
  }
  return undefined;
}

async function compare(faults) {
  await indexFolder(folder, { store: undisturbed, lexical: undisturbedLexical, prune: true });
  const expected = await contentOf(undisturbed, undisturbedLexical);
  if (!existsSync(lexicalFile)) {
    faults.push("the lexical index is missing");
    return;
  }
  const left = readdirSync(data).filter((name) => /\.(lock|tmp)$/.test(name));
  if (left.length > 0) faults.push(`left behind: ${left.join(", ")}`);
  const store = await openChroma(embeddings, { collectionName, path: data });
  try {
    const found = await contentOf(store, await Bm25Retriever.load(lexicalFile));
    for (const part of Object.keys(expected))
      faults.push(...differences(part, expected[part], found[part]));
  } finally {
    await store.close();
  }
}

async function byQuery(search) {
  const found = await Promise.all(queries.map(async (query) => [query, await search(query)]));
  return Object.fromEntries(found);
}

/** What both indexes hold, by id, and what they find. */
async function contentOf(store, lexical) {
  const base = `${store.url}/api/v2/tenants/default_tenant/databases/default_database/collections`;
  const { id } = await (await fetch(`${base}/${collectionName}`)).json();
  const answer = await fetch(`${base}/${id}/get`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ include: ["documents", "metadatas", "embeddings"] }),
  });
  const { ids, documents, metadatas, embeddings: vectors } = await answer.json();
  const dense = ids.map((key, row) => [key, [documents[row], metadatas[row], vectors[row]]]);
  const words = [...lexical.index.ids()].map((key) => [key, lexical.index.get(key)]);
  return {
    "dense index": Object.fromEntries(dense),
    "lexical index": Object.fromEntries(words),
    "dense search": await byQuery(async (query) => {
      // Chroma's search is approximate below its first rank, and its order among equals is its own.
      const hits = await store.similaritySearchWithScore(query, 1);
      return hits.map(([, score]) => score);
    }),
    "lexical search": await byQuery(async (query) => {
      const hits = await lexical.index.search(query, 1000);
      // The last digit depends on the order in which words came.
      return hits.map(({ id: key, score }) => [key, score.toPrecision(12)]).toSorted();
    }),
  };
}

function differences(part, expected, found) {
  const keys = new Set([...Object.keys(expected), ...Object.keys(found)]);
  return [...keys]
    .filter((key) => !isDeepStrictEqual(expected[key], found[key]))
    .map((key) => {
      const [should, is] = [expected[key], found[key]].map((value) =>
        value === undefined ? "nothing" : JSON.stringify(value).slice(0, 300),
      );
      return `${part}, ${key}: expected ${should}, found ${is}`;
    });
}
