import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { peakMbOf, processMs } from "./processor-time.mjs";

/** Starts the program of a peer and waits until its model is loaded; it answers one request at a time. */
export async function startPeer(name, [command, ...options]) {
  const child = spawn(command, options, { env: { ...process.env, HF_HUB_OFFLINE: "1" } });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  let complaint = "";
  const complain = (text) => {
    complaint = (complaint + text).slice(-2000);
  };
  const ended = new Promise((resolve) => {
    child.on("close", resolve);
  });
  child.on("error", complain);
  child.stdin.on("error", complain);
  child.stderr.on("data", complain);
  const nextAnswer = async () => {
    const { value } = await lines.next();
    if (value !== undefined) return JSON.parse(value);
    await ended;
    const said = complaint.trim().split("\n");
    throw new Error(said.findLast((line) => line.includes("Error:")) ?? said.at(-1));
  };
  const { versions } = await nextAnswer();
  return {
    name,
    versions,
    async ask(request) {
      child.stdin.write(`${JSON.stringify(request)}\n`);
      return await nextAnswer();
    },
    cpuMs: () => processMs(child.pid),
    peakMb: () => peakMbOf(child.pid),
    async end() {
      child.stdin.end();
      const timer = setTimeout(() => child.kill(), 10_000);
      await ended;
      clearTimeout(timer);
    },
  };
}
