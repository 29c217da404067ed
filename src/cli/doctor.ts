import { availableParallelism, cpus, totalmem } from "node:os";
import type { Command } from "commander";
import { chooseProvider, cudaInstallCommand } from "../model/device.ts";
import { readHubSettings } from "../model/hub-settings.ts";
import { sampleDocuments } from "./pipeline.ts";
import { newTable } from "./output.ts";

export function addDoctorCommand(program: Command): void {
  program
    .command("doctor")
    .description("say what this machine can do, and how to make it do more")
    .action(examine);
}

async function examine(): Promise<void> {
  const provider = await chooseProvider("auto");
  const { endpoint, cacheFolder, token, isOffline } = readHubSettings();
  const table = newTable(["what", "here"]);
  table.push(
    ["Node.js", `${process.version}, ${process.platform}/${process.arch}`],
    ["processor", `${cpus()[0]?.model ?? "unknown"}, ${availableParallelism()} cores`],
    ["memory", `${Math.round(totalmem() / 2 ** 30)} GiB`],
    ["device auto", provider],
    ["CUDA", cudaAdvice(provider)],
    ["model hub", `${endpoint}${isOffline ? ", switched off by HF_HUB_OFFLINE" : ""}`],
    ["hub token", token === undefined ? "none: only gated models need one" : "set"],
    ["model cache", cacheFolder],
    ["Chroma", await packageState("chromadb")],
    ["LangChain community", await packageState("@langchain/community/vectorstores/chroma")],
    ["sample documents", sampleDocuments],
  );
  console.log(table.toString());
}

function cudaAdvice(provider: string): string {
  if (provider === "cuda") return "in use";
  const { platform, arch } = process;
  if (platform === "linux" && arch === "x64") return `install with: ${cudaInstallCommand}`;
  return platform === "linux" && arch === "arm64"
    ? "no prebuilt libraries for linux/arm64: run a reranking server in a container beside it, or the CPU"
    : "no prebuilt libraries for this platform: WebGPU is used where it works";
}

async function packageState(name: string): Promise<string> {
  try {
    await import(name);
    return "installed";
  } catch {
    return "not installed: npm install @langchain/community@^1.1 chromadb@^3.5";
  }
}
