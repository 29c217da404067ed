import { connect, type Socket } from "node:net";
import { RetrievalError } from "../errors.ts";
import { systemCode } from "../write-failure.ts";
import { byLine, farewell, readNews, type KeeperNews } from "./keeper-news.ts";
import type { KeeperState } from "./keeper-state.ts";

const greetingTimeoutMs = 10_000;
const goodbyeTimeoutMs = 5000;

/**
 * One user's connection to a keeper, the process that runs a data folder's server. The server runs as long as
 * any connection is open.
 */
export interface KeeperConnection {
  readonly url: string;
  /** Whether the keeper has ended unexpectedly. */
  readonly isLost: boolean;
  /** Disconnects; resolves when the server has ended if this was its last user. */
  close(): Promise<void>;
}

/** The result of an attempt to join; `absent` means that the keeper has ended and its file is left over. */
export type JoinOutcome =
  | { readonly status: "joined"; readonly connection: KeeperConnection }
  | { readonly status: "absent" }
  | { readonly status: "failed"; readonly reason: string };

/** Joins the keeper described by `state` and waits until its server answers. */
export async function joinKeeper(state: KeeperState): Promise<JoinOutcome> {
  const socket = connect({ port: state.port, host: "127.0.0.1" });
  socket.setEncoding("utf8");
  // An error also closes the socket, and `close` is handled below.
  socket.on("error", () => undefined);
  socket.write(`${state.token}\n`);
  const news = await outcomeOf(socket, state);
  if (news?.status === "ready") return { status: "joined", connection: hold(socket, news.url) };
  socket.destroy();
  return news?.status === "failed" ? news : { status: "absent" };
}

function outcomeOf(socket: Socket, { pid }: KeeperState): Promise<KeeperNews | undefined> {
  return new Promise((resolve, reject) => {
    socket.on("close", () => resolve(undefined));
    socket.setTimeout(greetingTimeoutMs, () => {
      if (!isRunning(pid)) return resolve(undefined);
      reject(
        new RetrievalError(
          "store-unreachable",
          `Process ${pid} runs the Chroma server of this folder but does not respond: end it, then try again.`,
        ),
      );
      socket.destroy();
    });
    const onLine = (line: string): void => {
      const news = readNews(line);
      if (news?.status === "starting") socket.setTimeout(0);
      else resolve(news);
    };
    socket.on(
      "data",
      byLine(onLine, () => socket.destroy()),
    );
  });
}

function hold(socket: Socket, url: string): KeeperConnection {
  let isLeaving = false;
  let isLost = false;
  const closed = new Promise<void>((resolve) => {
    socket.on("close", () => {
      isLost = !isLeaving;
      resolve();
    });
  });
  socket.setTimeout(0);
  socket.unref();
  return {
    url,
    get isLost(): boolean {
      return isLost;
    },
    async close(): Promise<void> {
      if (!isLeaving && !isLost) {
        isLeaving = true;
        socket.ref();
        socket.setTimeout(goodbyeTimeoutMs, () => socket.destroy());
        socket.write(`${farewell}\n`);
      }
      await closed;
    },
  };
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return systemCode(error) === "EPERM";
  }
}
