/**
 * What callers of a shared cross-encoder notice: the event loop while 1,000 pairs are scored and
 * ten other calls start and end, sixteen callers against one, a small call that comes last, abort
 * and deadline.
 *
 *     npm run build
 *     node test/bench/concurrency.mjs
 */
import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout as wait } from "node:timers/promises";
import { OnnxCrossEncoder } from "../../dist/index.js";
import { median, passagesOf } from "./generated-passages.mjs";

const scorer = new OnnxCrossEncoder({ model: "rerank-minilm-l6", device: "cpu", cache: false });
await scorer.score("warm up", passagesOf(50, 128));
let salt = 1;

async function timed(work) {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}

async function eventLoop() {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const comers = Array.from({ length: 10 }, async (_caller, index) => {
    await wait(200 + index * 400);
    const signal = index % 2 === 0 ? undefined : AbortSignal.timeout(150);
    await scorer.score(`caller ${index}`, passagesOf(20, 128, salt++), { signal }).catch(() => {});
  });
  await Promise.all([scorer.score("the large call", passagesOf(1000, 128, salt++)), ...comers]);
  delay.disable();
  const [p99, max] = [delay.percentile(99), delay.max].map((ns) => (ns / 1e6 - 1).toFixed(1));
  console.log(
    `1,000 pairs, ten others come and go: event loop delay p99 ${p99} ms, longest ${max} ms`,
  );
}

async function fairness() {
  const rounds = { together: [], alone: [], spread: [], late: [] };
  for (let round = 0; round < 5; round++) {
    const pool = passagesOf(800, 128, salt++);
    rounds.alone.push(await timed(() => scorer.score("one call", pool)));
    const others = passagesOf(800, 128, salt++);
    const each = [];
    let late;
    const total = await timed(async () => {
      const callers = Array.from({ length: 16 }, async (_caller, index) => {
        each.push(
          await timed(() =>
            scorer.score(`caller ${index}`, others.slice(index * 50, index * 50 + 50)),
          ),
        );
      });
      await Promise.all(callers);
    });
    rounds.together.push(total);
    rounds.spread.push(Math.max(...each) / (each.reduce((sum, ms) => sum + ms, 0) / each.length));
    const last = passagesOf(805, 128, salt++);
    const whole = await timed(async () => {
      const callers = Array.from({ length: 16 }, (_caller, index) =>
        scorer.score(`caller ${index}`, last.slice(index * 50, index * 50 + 50)),
      );
      await wait(50);
      late = await timed(() => scorer.score("the last one", last.slice(800)));
      await Promise.all(callers);
    });
    rounds.late.push(late / whole);
  }
  console.log(
    `16 callers of 50: ${median(rounds.together).toFixed(0)} ms, the same 800 pairs in one call ${median(rounds.alone).toFixed(0)} ms: ` +
      `${(median(rounds.together) / median(rounds.alone)).toFixed(3)} times; slowest caller ${median(rounds.spread).toFixed(3)} times the mean; ` +
      `five pairs that come last wait ${(100 * median(rounds.late)).toFixed(1)} % of the whole`,
  );
}

function text(values) {
  return values.map((value) => value.toFixed(0)).join(" / ");
}

async function abortAndDeadline() {
  const waits = { abort: [], free: [], deadline: [], scored: [] };
  const {
    scores: [expected],
  } = await scorer.score("river", ["a deep river"]);
  for (let round = 0; round < 5; round++) {
    const controller = new AbortController();
    const call = scorer.score("aborted", passagesOf(300, 128, salt++), {
      signal: controller.signal,
    });
    const rejected = call.catch(() => performance.now());
    await wait(300);
    const abortedAt = performance.now();
    controller.abort();
    waits.abort.push((await rejected) - abortedAt);
    const {
      scores: [score],
    } = await scorer.score("river", ["a deep river"]);
    waits.free.push(performance.now() - abortedAt);
    if (score !== expected) throw new Error("a score after an abort is wrong");
    let scores;
    const pool = passagesOf(300, 128, salt++);
    waits.deadline.push(
      await timed(
        async () => ({ scores } = await scorer.score("in haste", pool, { deadlineMs: 200 })),
      ),
    );
    waits.scored.push(scores.filter(Number.isFinite).length);
  }
  console.log(
    `abort: rejected after ${text(waits.abort)} ms, another call answered after ${text(waits.free)} ms; ` +
      `deadlineMs 200: back after ${text(waits.deadline)} ms with ${text(waits.scored)} of 300 scored`,
  );
}

await eventLoop();
await fairness();
await abortAndDeadline();
await scorer.dispose();
