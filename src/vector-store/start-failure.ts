import { statfsSync } from "node:fs";
import { RetrievalError } from "../errors.ts";
import { writeFailure } from "../write-failure.ts";

const wayOut =
  "Or pass the address of a Chroma server that runs elsewhere as `url`, or use `MemoryVectorStore`, LangChain's store in memory, which runs everywhere.";

/** The latest builds that run with the C library of systems of 2022 (2.34 to 2.36). */
const buildsForOlderSystems: Partial<Record<string, string>> = {
  "chromadb-js-bindings-linux-x64-gnu": "1.0.3",
  "chromadb-js-bindings-linux-arm64-gnu": "1.0.1",
};

/** The error for a server that did not start on `folder`, from the keeper's reason and its log. */
export function startFailure(folder: string, reason: string, log: string): RetrievalError {
  const said = `${reason}\n${log}`;
  const glibc = /GLIBC_\d+\.\d+/.exec(said)?.[0];
  if (glibc) {
    const bindings = `chromadb-js-bindings-linux-${process.arch}-gnu`;
    const build = buildsForOlderSystems[bindings];
    const override = build
      ? ` Add its last build for older systems to package.json and run \`npm install\` again: "overrides": { "${bindings}": "${build}" }.`
      : "";
    return new RetrievalError(
      "store-unreachable",
      `The Chroma server inside \`chromadb\` needs ${glibc}, which this system does not have.${override} ${wayOut}`,
    );
  }
  if (/readonly database/.test(said)) return unwritable(folder, said);
  if (/ENOSPC|disk is full/.test(said) || (said.trim() === "" && isFull(folder))) {
    return new RetrievalError(
      "disk-full",
      `Expected free disk space for the Chroma server in ${folder}, found none: free some space there, or use a folder on another disk, then repeat the call.`,
    );
  }
  if (/Cannot find (?:module|package) 'chromadb/.test(said)) {
    return new RetrievalError(
      "missing-dependency",
      `The Chroma server is missing: ${firstLine(reason)}. \`npm install chromadb@^3.5 --include=optional\` installs it if it exists for this system. ${wayOut}`,
    );
  }
  return new RetrievalError(
    "store-unreachable",
    `The Chroma server in ${folder} did not start: ${wordsOf(reason, log)}\n${wayOut}`,
  );
}

/** The error for a folder that is not writable: Chroma migrates and locks its database even for searches. */
export function unwritableStore(folder: string, cause: unknown): unknown {
  const explained = writeFailure(cause, folder);
  if (!(explained instanceof RetrievalError) || explained.code === "disk-full") return explained;
  return unwritable(folder, cause);
}

function unwritable(folder: string, cause: unknown): RetrievalError {
  return new RetrievalError(
    "store-unreachable",
    `Expected the store folder ${folder} to be writable for this user, got a folder that is not: a Chroma server writes there even if it only searches. Copy the folder to a writable location and pass that as \`path\`, or pass the address of a server that runs elsewhere as \`url\`.`,
    { cause },
  );
}

function wordsOf(reason: string, log: string): string {
  const lines = [reason, ...lastLines(log)].filter(Boolean);
  return lines.length > 0
    ? lines.join("\n")
    : "its process ended without a message. Repeat the call.";
}

/** A full disk has no space for a log, either. */
function isFull(folder: string): boolean {
  try {
    return statfsSync(folder).bavail === 0;
  } catch {
    return false; // The folder is gone, or its file system does not report free space.
  }
}

function firstLine(text: string): string {
  return text.split("\n")[0] ?? "";
}

/** The end of a log, without the banner in colour codes. */
function lastLines(log: string): string[] {
  return log
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.includes("\u001b"))
    .slice(-6);
}
