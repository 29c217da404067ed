// Ends many programs at random moments while inference workers load, score and embed, and checks that each
// ends as it does without them, and without an abort:
// node test/faults/exits.mjs [--count 200] [--seed 1] [--longest 1200] [-- runtime argument...]
import { spawn } from "node:child_process";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { parseArgs } from "node:util";
import { below, oneOf, seeded } from "./seeded.mjs";

const root = join(import.meta.dirname, "../..");
const program = "test/faults/exiting-program.mjs";
const ways = [
  "exit",
  "exit-of-runtime",
  "throw",
  "rejection",
  "signal-handler",
  "end-of-main",
  "exit-in-exit-listener",
  "caught-by-handler",
  "signal",
  "exit-during-dispose",
  "end-after-dispose",
  "throw-in-exit-listener",
  "throw-in-prepended-exit-listener",
  "terminate-then-exit",
  "own-thread-terminated",
  "exit-beside-own-thread",
  "exit-in-own-thread",
];
const works = ["score", "embed", "both"];

const { values, positionals } = parseArgs({
  options: {
    count: { type: "string", default: "200" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
    longest: { type: "string", default: "1200" },
  },
  allowPositionals: true,
});
const [runtime = process.execPath, ...runtimeArguments] = positionals;
const random = seeded(Number(values.seed));
console.log(`${values.count} exits of ${runtime}, seed ${values.seed}`);

/** How the runtime ends the same programs where nothing is at work: an exit code or a signal. */
const expected = new Map();
for (const way of ways) expected.set(way, (await run([way, "nothing", "0"])).end);
console.log([...expected].map(([way, end]) => `${way} ${end}`).join(", "));

const delays = [];
let wrong = 0;
for (let index = 0; index < Number(values.count); index++) {
  const way = ways[index % ways.length];
  const work = oneOf(random, works);
  const milliseconds = below(random, Number(values.longest));
  const { end, delay, stderr } = await run([way, work, String(milliseconds)]);
  delays.push({ delay, way });
  if (end === expected.get(way) && !/terminate called|core dumped|Napi|MaxListeners/.test(stderr))
    continue;
  wrong += 1;
  console.log(
    `${way} ${work} at ${milliseconds} ms: expected ${expected.get(way)}, got ${end}\n${stderr}`,
  );
}
const sorted = delays.toSorted((a, b) => a.delay - b.delay);
const at = (share) => {
  const { delay, way } = sorted[Math.floor(share * (sorted.length - 1))];
  return `${Math.round(delay)} ms (${way})`;
};
console.log(
  `${wrong} wrong; from the end of the program to the end of the process: median ${at(0.5)}, p95 ${at(0.95)}, longest ${at(1)}`,
);
process.exitCode = wrong === 0 ? 0 : 1;

async function run(programArguments) {
  const child = spawn(runtime, [...runtimeArguments, program, ...programArguments], {
    cwd: root,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = new Promise((resolve) => {
    child.on("exit", (code, signal) => resolve({ end: signal ?? code, at: Date.now() }));
  });
  const outputs = [text(child.stdout), text(child.stderr)];
  const deadline = setTimeout(() => child.kill("SIGKILL"), 60_000);
  const { end, at: endedAt } = await ended;
  clearTimeout(deadline);
  // Inference processes hold them, too, until they are gone.
  const [stdout, stderr] = await Promise.all(outputs);
  return { end, delay: endedAt - Number(stdout.trim()), stderr };
}
