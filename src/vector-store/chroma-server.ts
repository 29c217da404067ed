import { RetrievalError } from "../errors.ts";
import { makePrivateFolder } from "../private-files.ts";
import { joinKeeper, type JoinOutcome, type KeeperConnection } from "./keeper-connection.ts";
import { startKeeper } from "./keeper-process.ts";
import { discardKeeperFile, readKeeperFile } from "./keeper-state.ts";
import { startFailure } from "./start-failure.ts";

const attempts = 10;

/**
 * The last port of each folder's server. A new server reuses it if it is free: `fetch` keeps a connection pool
 * of some 17 KB for every address until the process ends.
 */
const lastPorts = new Map<string, string>();

/**
 * Joins the Chroma server of a data folder, or starts it. Only one server runs, however many processes ask at
 * once. It ends with the last process that joined, even if that process crashes.
 */
export async function joinChromaServer(folder: string): Promise<KeeperConnection> {
  await createFolder(folder);
  const connection = await joinOrStart(folder);
  lastPorts.set(folder, new URL(connection.url).port);
  return connection;
}

async function joinOrStart(folder: string): Promise<KeeperConnection> {
  let reason = "";
  for (let attempt = 1; attempt <= attempts; attempt += 1) {
    const found = await joinRunning(folder);
    if (found.status === "joined") return found.connection;
    const keeper = await startKeeper(folder, lastPorts.get(folder));
    try {
      if (keeper.word === "busy") continue;
      const started = await joinRunning(folder);
      if (started.status === "joined") return started.connection;
      reason = started.status === "failed" ? started.reason : "";
      const log = keeper.readLog();
      // Another process took the free port before the server did.
      if (!/Address .* is not available/.test(log)) throw startFailure(folder, reason, log);
    } finally {
      keeper.release();
    }
  }
  throw startFailure(folder, reason || `No server was found there in ${attempts} attempts.`, "");
}

async function joinRunning(folder: string): Promise<JoinOutcome> {
  const file = await readKeeperFile(folder);
  if (!file) return { status: "absent" };
  const outcome: JoinOutcome = file.state ? await joinKeeper(file.state) : { status: "absent" };
  if (outcome.status === "absent") await discardKeeperFile(folder, file);
  return outcome;
}

async function createFolder(folder: string): Promise<void> {
  try {
    await makePrivateFolder(folder);
  } catch (cause) {
    if (cause instanceof RetrievalError) throw cause;
    throw new RetrievalError(
      "invalid-option",
      `Expected \`path\` to be a writable folder, got ${JSON.stringify(folder)}.`,
      { cause },
    );
  }
}
