import { totalmem } from "node:os";
import type { Command } from "commander";
import { measureCost } from "../cross-encoder/measure-cost.ts";
import { chooseProvider, cudaInstallCommand } from "../model/device.ts";
import { findInt8Kernels, measureWidening } from "../model/int8-arithmetic.ts";
import type { Int8Kernels } from "../model/worker-messages.ts";
import { readHubSettings } from "../model/hub-settings.ts";
import { expectedMilliseconds } from "../model/row-cost.ts";
import { processorWords } from "./machine-words.ts";
import { whereIs } from "./models.ts";
import { sampleDocuments } from "./pipeline.ts";
import { print, shown, type Shown, tableOf } from "./terminal.ts";

export function addDoctorCommand(program: Command): void {
  program
    .command("doctor")
    .description("say what this machine can do, what reranking costs, and how to make it do more")
    .option("--model <name>", "the cross-encoder to time", "rerank-minilm-l6")
    .action(({ model }: { model: string }) => examine(model));
}

async function examine(model: string): Promise<void> {
  const provider = await chooseProvider("auto");
  const { endpoint, cacheFolder, token, isOffline } = readHubSettings();
  const rows = [
    ["Node.js", `${process.version}, ${process.platform}/${process.arch}`],
    ["processor", processorWords()],
    ["memory", `${Math.round(totalmem() / 2 ** 30)} GiB`],
    ["int8 arithmetic", arithmeticWords(await findInt8Kernels(), await measureWidening())],
    ["device auto", provider],
    ["CUDA", cudaAdvice(provider)],
    ["model hub", `${endpoint}${isOffline ? ", switched off by HF_HUB_OFFLINE" : ""}`],
    ["hub token", token === undefined ? "none: only gated models need one" : "set"],
    ["model cache", cacheFolder],
    ["Chroma", await packageState("chromadb")],
    ["LangChain community", await packageState("@langchain/community/vectorstores/chroma")],
    ["sample documents", sampleDocuments],
  ];
  print(tableOf(["what", "here"], rows));
  print(await costOf(model));
}

function arithmeticWords(kernels: Int8Kernels, widening: number | undefined): string {
  if (kernels === "exact") return "exact, by this processor's own kernels";
  if (widening !== undefined) {
    return `exact: the processor's own kernels saturate, those used take ${widening.toFixed(1)} times as long a product`;
  }
  return "saturates: scores of int8 models are wrong by more than a logit; use dtype fp32";
}

/** What a query will cost on this machine; a model that is not here is not fetched for it. */
async function costOf(model: string): Promise<Shown> {
  if (whereIs(model) === "")
    return shown`\n${model} is not on this disk: name another with --model.`;
  const { cost, workers, threads, dtype, arithmetic, provider } = await measureCost({ model });
  const candidates = (texts: number): string =>
    expectedMilliseconds(cost, { texts, tokens: 128, workers }).toFixed(0);
  const [fixed, perToken] = [cost.fixedMs.toFixed(2), cost.perTokenMs.toFixed(4)];
  const rate = (1000 * 100) / expectedMilliseconds(cost, { texts: 100, tokens: 128, workers });
  return shown`
${model} (${dtype}, arithmetic ${arithmetic}, ${provider}, ${workers} x ${threads} threads), from ${cost.rows} pairs just scored:
one pair costs ${fixed} ms plus ${perToken} ms a token; at 128 tokens that is ${rate.toFixed(0)} pairs a second,
${candidates(50)} ms for 50 candidates and ${candidates(100)} ms for 100.`;
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
