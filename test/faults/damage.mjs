// Damages files of every kind that the package writes, and reads them back as a program would. Right is a
// RetrievalError that names the file and the way out, or the value as it was; for texts without a checksum
// (see damaged-files.mjs) also another well-formed value. Wrong is any other error, a process that ends,
// hangs or takes much memory, and a number that is not finite:
// node test/faults/damage.mjs [--count 500] [--seed 1] [--from 0] [--kinds "weights,reference"] [--messages]
// `--messages` prints the errors that were right, one of each sort.
import { fork } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { parseArgs } from "node:util";
import { kinds } from "./damaged-files.mjs";
import { below, oneOf, seeded } from "./seeded.mjs";

const longestMs = 10_000;
const mostMegabytes = 300;

const { values: options } = parseArgs({
  options: {
    count: { type: "string", default: "500" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
    from: { type: "string", default: "0" },
    kinds: { type: "string" },
    messages: { type: "boolean", default: false },
  },
});
const names = options.kinds?.split(",") ?? Object.keys(kinds);
/** What repeats a choice of kinds. */
const allOrSome = options.kinds === undefined ? "" : ` --kinds "${options.kinds}"`;
const schedule = names.flatMap((name) => Array(Math.ceil(30 / (kinds[name].cost ?? 1))).fill(name));

/** Each makes other bytes of a file's. */
const damages = {
  "flipped bits"(bytes, random) {
    for (let left = oneOf(random, [1, 1, 1, 2, 8]); left > 0; left -= 1) {
      bytes[below(random, bytes.length)] ^= 1 << below(random, 8);
    }
    return bytes;
  },
  /** Of a text, what is still well formed most of the time. */
  "another digit"(bytes, random) {
    const places = [...bytes.keys()].filter((at) => bytes[at] >= 0x30 && bytes[at] <= 0x39);
    if (places.length > 0)
      bytes[oneOf(random, places)] = oneOf(random, Buffer.from("0123456789-.e"));
    return bytes;
  },
  "cut off": (bytes, random) => bytes.subarray(0, below(random, bytes.length)),
  zeros(bytes, random) {
    const start = below(random, bytes.length);
    bytes.subarray(start, start + oneOf(random, [1, 4, 64, 4096])).fill(0);
    return bytes;
  },
  "exchanged bytes"(bytes, random) {
    const [one, other] = [below(random, bytes.length), below(random, bytes.length)];
    [bytes[one], bytes[other]] = [bytes[other], bytes[one]];
    return bytes;
  },
  "a tail"(bytes, random) {
    const noise = Array.from({ length: 1 + below(random, 40) }, () => below(random, 256));
    const tails = [Buffer.from(noise), Buffer.from(bytes), Buffer.from("\n"), Buffer.alloc(8)];
    return Buffer.concat([bytes, oneOf(random, tails)]);
  },
};

const hub = await startHub(join(import.meta.dirname, "../fixtures/models/tiny-bert-reranker"));
Object.assign(process.env, { HF_ENDPOINT: hub.url, HF_TOKEN: "", HF_HUB_OFFLINE: "" });
const root = mkdtempSync(join(tmpdir(), "damage-"));
let reader;
console.log(`${options.count} damaged files from ${options.from}, seed ${options.seed}`);

const tally = Object.fromEntries(
  names.map((name) => [name, { refused: 0, same: 0, other: 0, wrong: 0 }]),
);
const messages = new Map();
try {
  const originals = new Map();
  for (const name of names) originals.set(name, await makeOriginal(name));
  const first = Number(options.from);
  for (let index = first; index < first + Number(options.count); index += 1) {
    // A generator for each, so that one can be repeated alone.
    const random = seeded(Number(options.seed) * 100_003 + index);
    const name = index < names.length ? names[index] : oneOf(random, schedule);
    const damage = oneOf(random, Object.keys(damages));
    const original = originals.get(name);
    const bytes = damages[damage](Buffer.from(original.bytes), random);
    const result = await readDamaged(name, original, bytes);
    const { verdict, reason } = judge(name, original, { bytes, result });
    tally[name][verdict] += 1;
    if (verdict === "refused") {
      const sort = result.message.replaceAll(/\d+|"[^"]*"|got .*/g, "…").replaceAll(root, "");
      messages.set(`${name}: ${sort}`, `${name}: ${result.code}: ${result.message}`);
    }
    if (verdict !== "wrong") continue;
    const again = `--seed ${options.seed} --from ${index} --count 1${allOrSome}`;
    console.log(`${name}, ${damage}: ${reason}\n  ${again}`);
  }
} finally {
  await endReader();
  hub.close();
  rmSync(root, { recursive: true, force: true });
}
console.table(tally);
if (options.messages) for (const message of messages.values()) console.log(message);
const wrong = Object.values(tally).reduce((sum, each) => sum + each.wrong, 0);
console.log(`${wrong} wrong`);
process.exitCode = wrong === 0 ? 0 : 1;

async function makeOriginal(name) {
  const folder = join(root, name);
  mkdirSync(folder);
  await kinds[name].write(folder);
  const bytes = readFileSync(join(folder, kinds[name].file));
  const { value, message } = await readDamaged(name, { folder, bytes }, bytes);
  if (value === undefined) throw new Error(`${name} cannot be read as it was written: ${message}`);
  return { folder, bytes, value: JSON.parse(value) };
}

/** What a process of its own makes of a folder in which one file has these bytes. */
async function readDamaged(name, { folder: original, bytes: whole }, bytes) {
  const folder = join(root, "damaged");
  rmSync(folder, { recursive: true, force: true });
  cpSync(original, folder, { recursive: true });
  writeFileSync(join(folder, kinds[name].file), bytes);
  reader ??= fork(join(import.meta.dirname, "damaged-files.mjs"), {
    execArgv: ["--max-old-space-size=512"],
  });
  const over = new AbortController();
  const { signal } = over;
  const timeout = AbortSignal.timeout(longestMs);
  try {
    reader.send({ name, folder, isDamaged: !bytes.equals(whole) });
    return await Promise.race([
      once(reader, "message", { signal }).then(([result]) => result),
      once(reader, "exit", { signal }).then((end) => ({
        failure: `the process ended: ${end.join()}`,
      })),
      once(timeout, "abort", { signal }).then(() => ({ failure: `no answer in ${longestMs} ms` })),
    ]).then(async (result) => {
      if (result.failure !== undefined) await endReader();
      return result;
    });
  } finally {
    over.abort();
  }
}

async function endReader() {
  const ending = reader;
  reader = undefined;
  if (!ending || ending.exitCode !== null || ending.signalCode !== null) return;
  const ended = once(ending, "exit");
  ending.kill("SIGKILL");
  await ended;
}

function wrongFor(reason) {
  return { verdict: "wrong", reason };
}

function judge(name, original, { bytes, result }) {
  const { file, isChecked = false, names: named = new RegExp(basename(file)) } = kinds[name];
  if (result.failure !== undefined) return wrongFor(result.failure);
  if (result.grownBy > mostMegabytes)
    return wrongFor(`${Math.round(result.grownBy)} MB more memory`);
  if (result.value === undefined) {
    if (result.errorName !== "RetrievalError") return wrongFor(result.stack);
    if (!named.test(result.message)) return wrongFor(`the file is not named: ${result.message}`);
    // "expected …, got …" of a line says what to write there.
    const wayOut = /[:.] (expected|add|build|choose|delete|fit|pass|rebuild|run|take|try|use)\b/i;
    if (wayOut.test(result.message)) return { verdict: "refused" };
    return wrongFor(`no way out is told: ${result.message}`);
  }
  if (result.value === JSON.stringify(original.value)) return { verdict: "same" };
  const value = JSON.parse(result.value);
  if (isChecked || bytes.equals(original.bytes)) return wrongFor(`another value: ${result.value}`);
  return isLike(value, original.value)
    ? { verdict: "other" }
    : wrongFor(`a value of another shape: ${result.value}`);
}

/** Whether a value has numbers, texts, lists and objects where an example has them. */
function isLike(value, example) {
  if (Array.isArray(example)) {
    if (!Array.isArray(value)) return false;
    return value.every((each, at) =>
      isLike(each, at < example.length ? example[at] : example.at(-1)),
    );
  }
  if (typeof example !== "object" || example === null) return typeof value === typeof example;
  if (typeof value !== "object" || value === null) return false;
  return Object.keys(value).every((key) => !(key in example) || isLike(value[key], example[key]));
}

/** A hub that has one repository, whose files are those of a folder. */
async function startHub(folder) {
  const commit = "0123456789abcdef0123456789abcdef01234567";
  const server = createServer(({ url, method, headers }, response) => {
    const [, revision, path] = /^\/tiny\/reranker\/resolve\/([^/]+)\/(.+)$/.exec(url) ?? [];
    let bytes;
    try {
      if (["main", commit].includes(revision)) bytes = readFileSync(join(folder, path));
    } catch {
      // The repository has no such file.
    }
    if (bytes === undefined) return response.writeHead(404).end();
    const [, start = "0"] = /^bytes=(\d+)-$/.exec(headers.range ?? "") ?? [];
    if (Number(start) >= bytes.length) return response.writeHead(416).end();
    const rest = bytes.subarray(Number(start));
    response.writeHead(Number(start) > 0 ? 206 : 200, {
      "x-repo-commit": commit,
      etag: `"${createHash("sha256").update(bytes).digest("hex")}"`,
      "content-length": rest.length,
    });
    return response.end(method === "HEAD" ? undefined : rest);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  return { url: `http://127.0.0.1:${server.address().port}`, close: () => server.close() };
}
