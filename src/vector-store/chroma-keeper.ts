/**
 * Entry point of the keeper: the process that runs one Chroma server for all users of a data folder, and ends
 * with the last of them. Users are counted by their open connections, which the operating system closes however
 * a user ends. The server runs in a thread of this process, so it cannot outlive the process.
 */
import { randomUUID } from "node:crypto";
import { statSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import getPort from "get-port";
import { byLine, farewell, writeNews, type KeeperNews, type KeeperWord } from "./keeper-news.ts";
import { claimFolder, holdFolder, releaseFolder, type KeeperState } from "./keeper-state.ts";

/** Long enough for the next command of a script to reuse the server. */
const lingerMs = 1000;
/** Maximum delay for a user that has left and waits for the server to end. */
const goodbyeMs = 50;
const startTimeoutMs = 60_000;
/** A user sends its token at once; a silent connection is closed after this time. */
const introductionTimeoutMs = 10_000;
const workTimeoutMs = 60_000;
/** How often the keeper checks that the folder is still its own. */
const watchMs = 500;

const [, , folder = "", wantedPort = ""] = process.argv;
// Everything that the server writes, vectors and texts, is readable by the folder's owner only.
process.umask(0o077);
const users = new Set<Socket>();
let news: KeeperNews = { status: "starting" };
let state: KeeperState | undefined;
/** Identifies the file that the server has open, once it is ready. */
let database: number | undefined;

process.on("uncaughtException", (error) => {
  console.error(error);
  end();
});
process.on("disconnect", () => void endIfUnused(lingerMs));

const door = createServer((socket) => {
  socket.setEncoding("utf8");
  socket.on("error", () => socket.destroy());
  socket.on("close", () => leave(socket));
  socket.setTimeout(introductionTimeoutMs, () => {
    if (!users.has(socket)) socket.destroy();
  });
  const onLine = (line: string): void => {
    if (line === state?.token) welcome(socket);
    else if (line === farewell && users.has(socket)) void dismiss(socket);
    else socket.destroy();
  };
  socket.on(
    "data",
    byLine(onLine, () => socket.destroy()),
  );
});
door.listen(0, "127.0.0.1", () => {
  const address = door.address();
  if (typeof address !== "object" || address === null) return end();
  state = { pid: process.pid, port: address.port, token: randomUUID() };
  if (!claimFolder(folder, state)) return tellStarter("busy", end);
  tellStarter("listening");
  void startServer();
  setInterval(watchFolder, watchMs);
  // The starter may have ended before this file was loaded, and nothing else would report that.
  void endIfUnused(lingerMs);
});

async function startServer(): Promise<void> {
  const port = await getPort({ host: "127.0.0.1", port: Number(wantedPort) || [] });
  const worker = new Worker(new URL("./chroma-worker.js", import.meta.url), {
    workerData: { folder, port },
  });
  worker.on("error", ({ message }) => void fail(message));
  worker.on("message", () => void fail("The Chroma server ended unexpectedly."));
  const url = `http://127.0.0.1:${port}`;
  if (await answers(url)) {
    database = databaseInode();
    announce({ status: "ready", url });
  } else void fail(`The Chroma server did not answer within ${startTimeoutMs / 1000} seconds.`);
}

async function answers(url: string): Promise<boolean> {
  const deadline = Date.now() + startTimeoutMs;
  while (Date.now() < deadline) {
    await sleep(30);
    const response = await fetch(`${url}/api/v2/heartbeat`).catch(() => undefined);
    await response?.body?.cancel();
    if (response?.ok) return true;
  }
  return false;
}

function announce(latest: KeeperNews): void {
  if (news.status !== "failed") news = latest;
  for (const user of users) user.write(writeNews(news));
}

async function fail(reason: string): Promise<void> {
  console.error(reason);
  news = { status: "failed", reason };
  if (state) releaseFolder(folder, state);
  const told = [...users].map(
    (user) => new Promise<void>((resolve) => user.end(writeNews(news), () => resolve())),
  );
  await Promise.race([Promise.all(told), sleep(lingerMs)]);
  end();
}

/**
 * Disconnects all users if the folder or its content was deleted or replaced, or has another keeper: the server
 * would accept writes that nobody could find later.
 */
function watchFolder(): void {
  if (!state) return;
  const isReplaced = database !== undefined && databaseInode() !== database;
  if (!isReplaced && holdFolder(folder, state)) return;
  releaseFolder(folder, state);
  door.close();
  for (const user of users) user.destroy();
}

function databaseInode(): number | undefined {
  return statSync(join(folder, "chroma.sqlite3"), { throwIfNoEntry: false })?.ino;
}

function welcome(socket: Socket): void {
  users.add(socket);
  socket.write(writeNews({ status: "starting" }));
  if (news.status !== "starting") socket.write(writeNews(news));
}

async function dismiss(socket: Socket): Promise<void> {
  users.delete(socket);
  await endIfUnused(goodbyeMs);
  socket.end();
}

function leave(socket: Socket): void {
  if (users.delete(socket)) void endIfUnused(lingerMs);
}

/**
 * Ends after `waitMs` without a user and without server activity: a killed user may have left a write
 * unfinished, and interrupting it can damage the index.
 */
async function endIfUnused(waitMs: number): Promise<void> {
  const deadline = Date.now() + workTimeoutMs;
  while (users.size === 0 && !process.connected) {
    const before = process.cpuUsage();
    await sleep(waitMs);
    const { user, system } = process.cpuUsage(before);
    const isIdle = user + system < waitMs * 200;
    if (users.size === 0 && (isIdle || Date.now() > deadline)) end();
  }
}

function tellStarter(word: KeeperWord, onTold: () => void = () => undefined): void {
  process.send?.(word, onTold);
}

/** The server has no shutdown and its thread cannot be stopped; acknowledged writes are on the disk. */
function end(): void {
  if (state) releaseFolder(folder, state);
  process.kill(process.pid, "SIGKILL");
}
