// A program that ends in one of several ways while inference workers are at work:
// node exiting-program.mjs <way> <score, embed, both or nothing> <milliseconds>
// It says on its standard output when it began to end.
import { writeSync } from "node:fs";
import { isMainThread, parentPort, Worker } from "node:worker_threads";
import { OnnxCrossEncoder, OnnxEmbeddings } from "langchain-rerank";

const [way, work, milliseconds] = process.argv.slice(2);
const words = ["river", "deep", "water", "mountain", "cloud", "stone", "valley"];
/** Some 300 tokens each, more of them than any of these programs lives to finish. */
const texts = Array.from({ length: 400 }, (_, text) =>
  Array.from({ length: 290 }, (_item, place) => words[(text * place) % words.length]).join(" "),
);
const options = { device: "cpu" };
const users = [];
if (/score|both/.test(work))
  users.push(new OnnxCrossEncoder({ ...options, model: "rerank-minilm-l6", cache: false }));
if (/embed|both/.test(work))
  users.push(new OnnxEmbeddings({ ...options, model: "all-MiniLM-L6-v2" }));
const start = (count) =>
  users.map((user) =>
    user instanceof OnnxCrossEncoder
      ? user.score("river", texts.slice(0, count))
      : user.embedDocuments(texts.slice(0, count)),
  );
const disposeAll = () => Promise.all(users.map((user) => user.dispose()));
const sayThatItEnds = () => writeSync(1, `${performance.timeOrigin + performance.now()}\n`);
/** A process with nothing to do would end by itself before its signal comes. */
const stayAlive = () => setTimeout(() => undefined, 10_000);

const ways = {
  exit: () => process.exit(7),
  "exit-of-runtime": () => (globalThis.Deno ?? process).exit(7),
  throw: () => {
    throw new Error("not caught");
  },
  rejection: () => void Promise.reject(new Error("not handled")),
  "caught-by-handler": () => {
    process.on("uncaughtException", () => process.exit(7));
    throw new Error("caught by a handler");
  },
  "signal-handler": () => {
    process.on("SIGTERM", () => process.exit(7));
    stayAlive();
    process.kill(process.pid, "SIGTERM");
  },
  signal: () => {
    stayAlive();
    process.kill(process.pid, "SIGTERM");
  },
  "exit-in-exit-listener": () => {
    process.on("exit", () => process.exit(7));
    process.exit(3);
  },
  "throw-in-prepended-exit-listener": () => {
    process.prependListener("exit", () => {
      throw new Error("not caught");
    });
    setTimeout(() => process.exit(3), 30);
  },
  "throw-in-exit-listener": () => {
    process.on("exit", () => {
      throw new Error("not caught");
    });
    process.exit(3);
  },
  "exit-during-dispose": () => {
    void disposeAll();
    setImmediate(() => process.exit(7));
  },
  "end-after-dispose": () => {
    process.exitCode = 7;
    void disposeAll();
  },
  "terminate-then-exit": async () => {
    await Promise.all(Array.from(threads, (thread) => thread.terminate()));
    process.exit(7);
  },
};

/** Those that run: under Deno to terminate one that has ended never comes to an end. */
const threads = new Set();
process.on("worker", (thread) => {
  threads.add(thread);
  thread.on("exit", () => threads.delete(thread));
});
if (isMainThread && way.includes("own-thread")) {
  // The same program in a thread of the program's own.
  const thread = new Worker(new URL(import.meta.url), { argv: process.argv.slice(2) });
  thread.on("exit", () => {
    process.exitCode = 7;
  });
  const end = {
    "exit-beside-own-thread": () => process.exit(7),
    "own-thread-terminated": () => thread.terminate(),
    "exit-in-own-thread": () => thread.postMessage("exit"),
  };
  thread.once("message", () => {
    setTimeout(() => {
      sayThatItEnds();
      end[way]();
    }, Number(milliseconds));
  });
} else if (way === "end-of-main") {
  await Promise.all(start(2));
  process.exitCode = 7;
  sayThatItEnds();
} else {
  // What is disposed of or terminated rejects; that is not what is tested here.
  for (const outcome of start(texts.length)) outcome.catch(() => undefined);
  if (isMainThread) {
    setTimeout(() => {
      sayThatItEnds();
      ways[way]();
    }, Number(milliseconds));
  } else {
    parentPort.once("message", () => process.exit(7));
    parentPort.postMessage("started");
  }
}
