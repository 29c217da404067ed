/**
 * Entry point of the keeper's thread that runs the server included in `chromadb`; the call blocks the thread.
 */
import { createRequire } from "node:module";
import { parentPort, workerData } from "node:worker_threads";

/** The content of the `chromadb-js-bindings-…` packages: the command `chroma` as one function. */
interface ChromaBindings {
  cli(args: readonly string[]): void;
}

const { folder, port } = readWorkerData(workerData);
const suffix: Partial<Record<string, string>> = { linux: "-gnu", win32: "-msvc" };
const bindingsName = `chromadb-js-bindings-${process.platform}-${process.arch}${suffix[process.platform] ?? ""}`;

const chromadb = createRequire(import.meta.url).resolve("chromadb");
const bindings: unknown = createRequire(chromadb)(bindingsName);
if (!isChromaBindings(bindings)) throw new Error(`${bindingsName} has no command \`chroma\`.`);
bindings.cli(["chroma", "run", "--path", folder, "--host", "127.0.0.1", "--port", String(port)]);

parentPort?.postMessage("ended");
// An ending thread unloads the library while the library's own threads still run in it, which crashes.
Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);

function readWorkerData(data: unknown): { folder: string; port: number } {
  if (typeof data === "object" && data !== null && "folder" in data && "port" in data) {
    if (typeof data.folder === "string" && typeof data.port === "number") {
      return { folder: data.folder, port: data.port };
    }
  }
  throw new Error("Expected a data folder and a port.");
}

function isChromaBindings(value: unknown): value is ChromaBindings {
  return (
    typeof value === "object" && value !== null && "cli" in value && typeof value.cli === "function"
  );
}
