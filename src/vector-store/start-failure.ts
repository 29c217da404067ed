import { RetrievalError } from "../errors.ts";

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
