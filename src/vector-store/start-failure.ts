import { statfsSync } from "node:fs";
import { RetrievalError } from "../errors.ts";
import { writeFailure } from "../write-failure.ts";

const wayOut =
  "Or pass the `url` of a Chroma server that runs elsewhere, or use LangChain's MemoryVectorStore (`--store memory` on the command line), which runs everywhere.";

/** The last builds that need no newer C library than systems of 2022 have (2.34 to 2.36). */
const buildsForOlderSystems: Partial<Record<string, string>> = {
  "chromadb-js-bindings-linux-x64-gnu": "1.0.3",
  "chromadb-js-bindings-linux-arm64-gnu": "1.0.1",
};

/** Why no server runs on `folder`, from what the keeper said and what stands in its log. */
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
      `Expected room on the disk for the Chroma server on ${folder}, got none: free some space there, or use a folder on another disk, then repeat the call.`,
    );
  }
  if (/Cannot find (?:module|package) 'chromadb/.test(said)) {
    return new RetrievalError(
      "missing-dependency",
      `The Chroma server is missing: ${firstLine(reason)}. \`npm install chromadb@^3.5 --include=optional\` brings it where it exists for this system. ${wayOut}`,
    );
  }
  return new RetrievalError(
    "store-unreachable",
    `The Chroma server on ${folder} did not start: ${[reason, ...lastLines(log)].filter(Boolean).join("\n")}\n${wayOut}`,
  );
}

/** Nothing can be written to the folder: Chroma migrates and locks its database also where it only searches. */
export function unwritableStore(folder: string, cause: unknown): unknown {
  const explained = writeFailure(cause, folder);
  if (!(explained instanceof RetrievalError) || explained.code === "disk-full") return explained;
  return unwritable(folder, cause);
}

function unwritable(folder: string, cause: unknown): RetrievalError {
  return new RetrievalError(
    "store-unreachable",
    `Expected the store folder ${folder} to be writable for this user, it is not: a Chroma server writes there also while it only searches. Copy the folder to a place that can be written to and pass that as \`path\` (\`--store\` on the command line), or pass the \`url\` of a server that runs elsewhere.`,
    { cause },
  );
}

/** Where there is no room, there is none for a log either. */
function isFull(folder: string): boolean {
  try {
    return statfsSync(folder).bavail === 0;
  } catch {
    return false; // The folder has gone, or its file system does not tell.
  }
}

function firstLine(text: string): string {
  return text.split("\n")[0] ?? "";
}

/** The end of a log without its banner, which is drawn in colour codes. */
function lastLines(log: string): string[] {
  return log
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.includes("\u001b"))
    .slice(-6);
}
