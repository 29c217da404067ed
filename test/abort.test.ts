import { getEventListeners } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { untilAborted, untilDeadline } from "../src/abort.ts";

const never = new Promise<never>(() => undefined);

test("untilAborted settles as the promise does, and rejects with the reason of an abort", async () => {
  const controller = new AbortController();
  expect(await untilAborted(Promise.resolve(1), controller.signal)).toBe(1);
  await expect(untilAborted(Promise.reject(new Error("no")), controller.signal)).rejects.toThrow(
    "no",
  );
  const waiting = untilAborted(never, controller.signal);
  controller.abort("enough");
  await expect(waiting).rejects.toBe("enough");
  await expect(untilAborted(Promise.resolve(1), controller.signal)).rejects.toBe("enough");
});

test("fifty calls may share one signal without a warning, and an abort reaches all of them", async () => {
  const warnings: Error[] = [];
  const remember = (warning: Error): number => warnings.push(warning);
  process.on("warning", remember);
  const controller = new AbortController();
  const waiting = Array.from({ length: 50 }, () => untilAborted(never, controller.signal));
  controller.abort("enough");
  const reasons = await Promise.allSettled(waiting);
  await new Promise((resolve) => setImmediate(resolve));
  process.off("warning", remember);
  expect(reasons).toEqual(waiting.map(() => ({ status: "rejected", reason: "enough" })));
  expect(warnings).toEqual([]);
});

test("untilAborted leaves no listener on the signal, however many calls share it", async () => {
  const { signal } = new AbortController();
  const left = (): number => getEventListeners(signal, "abort").length;
  for (let round = 0; round < 2; round += 1) {
    const first = untilAborted(sleep(1), signal);
    const second = untilAborted(Promise.reject(new Error("no")), signal);
    expect(left()).toBe(1);
    await expect(second).rejects.toThrow("no");
    await first;
    expect(left()).toBe(0);
  }
});

test("untilDeadline takes a deadline beyond what a timer can wait", async () => {
  let isOver = false;
  const work = new Promise<void>((resolve) => {
    setTimeout(() => {
      isOver = true;
      resolve();
    }, 20);
  });
  await untilDeadline(work, 1e12);
  expect(isOver).toBe(true);
});

test("untilDeadline resolves with the promise or the deadline, whichever comes first", async () => {
  await untilDeadline(never, 1);
  await untilDeadline(Promise.resolve(), 1e6);
  await expect(untilDeadline(Promise.reject(new Error("no")), 1e6)).rejects.toThrow("no");
  await expect(untilDeadline(Promise.reject(new Error("no")), undefined)).rejects.toThrow("no");
});
